namespace Granary.Core.Recall.Analysis;

internal static partial class RelatedWords
{
    // Written by hand for everyday English, from no data and no other list: words for about the same, then, after a colon, words for kinds,
    // parts and company of it. In any form that the analyzer brings to one term.
    private const string Groups =
        """
        job career profession occupation work employment position role : doctor nurse teacher lawyer engineer manager waiter driver chef cook accountant
        job career profession occupation work employment position role : programmer developer designer journalist writer artist actor musician scientist
        job career profession occupation work employment position role : researcher farmer mechanic electrician plumber carpenter police firefighter soldier
        job career profession occupation work employment position role : pilot salesman cashier clerk secretary receptionist librarian architect dentist
        job career profession occupation work employment position role : therapist counselor consultant analyst banker barber hairdresser photographer editor
        job career profession occupation work employment position role : translator internship freelance
        employer company firm corporation workplace office : boss manager colleague coworker startup
        colleague coworker teammate : office team
        hire recruit employ : interview offer job
        quit resign retire fired laid : job
        promotion raise : manager boss salary
        salary pay wage income earnings : money dollar
        money finance cash fund budget : bank loan debt savings dollar invest mortgage rent tax
        buy purchase shop shopping : store mall price order bought sale
        sell sale : sold customer price
        store shop market : mall supermarket grocery bookstore boutique
        price cost expensive cheap fee : dollar pay
        debt loan mortgage : bank pay owe
        business entrepreneur startup company : store shop customer client launch open brand product investor
        customer client : business service
        family relative parent sibling kin : mother father brother sister son daughter aunt uncle cousin grandmother grandfather niece nephew child wife
        family relative parent sibling kin : husband
        parent : mother father
        sibling : brother sister twin
        child kid baby toddler infant : son daughter boy girl newborn
        grandparent : grandmother grandfather
        spouse partner : wife husband married fiance
        wife husband : spouse married wedding marriage
        marriage wedding marry engagement propose : bride groom wife husband ring ceremony honeymoon anniversary fiance
        date dating relationship romantic : girlfriend boyfriend partner couple single crush love
        girlfriend boyfriend : dating partner relationship
        divorce breakup separate split : ex custody
        friend buddy pal friendship companion : neighbor roommate classmate
        pregnant pregnancy expecting birth : baby due
        adopt adoption : child shelter rescue agency
        pet animal : dog cat puppy kitten hamster rabbit parrot fish turtle bird guinea pig horse snake lizard
        dog puppy canine : leash walk breed retriever labrador poodle beagle terrier shepherd husky bulldog vet bark
        cat kitten feline : vet purr litter
        animal wildlife creature : bear deer lion tiger elephant wolf fox monkey bird whale dolphin shark penguin owl eagle horse cow pig sheep goat duck
        bird : parrot owl eagle hawk robin hummingbird duck penguin feather
        insect bug : bee butterfly ant spider mosquito
        home house apartment flat condo residence : kitchen bedroom bathroom basement garage yard rent landlord mortgage
        move relocate relocation : apartment house city new
        live reside residence : apartment house city hometown
        furniture : sofa couch table chair desk bed shelf lamp bookcase
        room : kitchen bedroom bathroom living basement attic
        renovate remodel renovation repair fix : kitchen bathroom paint contractor
        clean cleaning chore housework : laundry dishes vacuum mop tidy
        garden gardening plant yard : flower vegetable tomato rose herb seed soil tree succulent orchid
        flower : rose tulip sunflower lily daisy orchid bouquet
        tree : oak pine maple forest
        city town hometown place location : york london paris chicago boston seattle tokyo angeles francisco
        country nation : england france germany italy spain japan china india canada mexico brazil australia sweden ireland
        state : california texas florida oregon
        travel trip vacation journey visit holiday tour getaway : flight airport hotel beach passport abroad road cruise sightseeing plane itinerary explore
        flight fly plane airplane : airport airline
        hotel accommodation stay lodging : hostel resort airbnb motel room
        vehicle car automobile transportation transport : truck bus train van motorcycle bicycle scooter drive suv
        car auto : drive engine mechanic tire truck toyota honda ford
        accident crash collision : car hurt injured insurance
        beach ocean sea coast shore : surf wave sand swim
        lake river water : fish kayak canoe boat swim
        mountain hill peak : hike climb summit trail ski
        outdoor outdoors nature wilderness : hike camp trail forest park mountain lake waterfall sunset
        hike hiking trek walk : trail mountain
        camp camping : tent campfire forest
        park : trail playground picnic
        weather climate : rain snow storm sunny hot cold wind hurricane flood
        disaster : flood fire hurricane earthquake tornado storm
        season : spring summer autumn winter fall
        food dish meal cuisine eat dinner lunch breakfast recipe cook snack : pizza pasta salad soup sushi chicken rice bread cheese burger sandwich steak
        food dish meal cuisine eat dinner lunch breakfast recipe cook snack : curry taco noodle vegetable fruit chocolate cake cookie fish egg restaurant
        cook cooking bake baking : recipe kitchen oven dish dessert cake bread cookie
        dessert sweet treat : cake cookie pie chocolate ice cream candy pastry cupcake
        fruit : apple banana orange strawberry blueberry grape mango peach lemon
        vegetable : carrot tomato potato onion pepper spinach broccoli lettuce
        drink beverage : coffee tea beer wine juice soda water cocktail smoothie milk
        alcohol : beer wine whiskey cocktail bar
        restaurant cafe diner eatery : menu dinner food waiter
        diet nutrition vegetarian vegan eating : healthy food meal calorie sugar weight meat dairy vegetable
        allergy allergic intolerance : peanut pollen lactose gluten reaction
        sport athletic game : football soccer basketball baseball tennis golf hockey volleyball swim run ski cycling boxing surf wrestling skating gymnastics
        sport athletic game : rugby
        exercise workout fitness training gym : run jog yoga weight lift swim pilates cardio
        run running jog jogging : marathon race
        race marathon competition : run
        team club : soccer basketball football player coach
        match game : team win score
        competition contest tournament championship : win prize medal trophy first place compete
        award prize trophy medal honor : win winner first
        win victory : first champion prize
        yoga meditation mindfulness : relax breathing stress
        martial art : karate judo taekwondo kickboxing boxing
        swim swimming : pool lake beach
        hobby pastime interest leisure activity : paint read hike garden cook knit photography music dance chess fish camp puzzle craft collect
        craft handmade : knit sew crochet pottery woodwork jewelry
        collect collection collectible : stamp coin vinyl figure
        art artwork artist : paint painting drawing sculpture sketch gallery canvas portrait mural exhibit pottery
        paint painting painter : canvas watercolor art brush portrait landscape
        draw drawing sketch : pencil art
        exhibit exhibition museum gallery : art paint
        photo picture camera photography : lens shoot image
        music musical musician song : band concert guitar piano violin drum sing album jazz rock classical pop playlist
        instrument : guitar piano violin drum flute saxophone trumpet cello clarinet ukulele harp keyboard bass
        song track tune : album sing lyric music
        band group artist singer musician : concert album music tour song
        concert show gig performance festival : band music stage ticket live
        genre style : jazz rock pop classical hiphop country fantasy mystery romance thriller horror comedy drama fiction
        sing singing singer : song choir karaoke vocal
        dance dancing dancer : ballet salsa hiphop studio ballroom tango contemporary
        theater play musical : stage actor drama
        book novel reading literature : author read fantasy mystery fiction story series chapter memoir poem library
        author writer : book novel write
        write writing : story poem novel journal blog article script screenplay
        poem poetry : poet write
        story tale : write book
        journal diary : write
        library bookstore : book
        film movie cinema : watch actor director scene comedy drama thriller horror documentary
        actor actress : movie film
        show series television : watch episode season netflix anime
        watch : movie series show
        video game gaming : console playstation xbox nintendo play player online strategy
        board game : chess monopoly scrabble card
        toy : doll lego puzzle teddy
        computer laptop pc : desktop keyboard monitor mac software
        phone cellphone mobile smartphone : iphone android call text
        technology tech gadget device : computer phone tablet laptop robot software smartwatch drone
        software program app code : coding programming python java website developer
        website online internet web : blog site
        social media : instagram facebook twitter youtube tiktok post follower
        school education study student class course learn : university college degree teacher exam homework grade classroom lecture major professor graduate
        university college campus : degree major student graduate dorm
        degree major study field : bachelor master doctorate engineering psychology biology business law medicine history
        graduate graduation : degree college university school diploma
        teacher professor instructor mentor tutor coach : class school teach student
        exam test quiz : pass grade study score
        course class workshop lesson seminar training : learn teach instructor certificate sign
        subject : math science history biology chemistry physics english
        language : spanish french german italian japanese chinese english korean portuguese
        scholarship grant : university fund
        research study science scientist : lab experiment paper data
        conference convention : attend speaker talk
        health medical medicine healthcare : doctor hospital clinic nurse medication symptom checkup
        doctor physician : hospital clinic appointment
        hospital clinic emergency : doctor nurse surgery
        illness sick disease ill condition diagnosis ailment : cancer diabetes flu cold fever asthma arthritis infection virus migraine anemia
        injury injure hurt wound : ankle knee broken sprain leg arm back pain accident surgery
        surgery operation : hospital doctor recovery
        pain ache : headache back knee migraine
        medication medicine drug pill : prescription doctor dose
        therapy therapist counseling counselor psychologist : mental session support
        mental psychological : anxiety depression stress therapy
        stress stressed pressure overwhelm burnout : anxious relax tired cope
        relax unwind destress calm : yoga bath walk read music massage nature
        cope handle deal overcome : stress grief challenge
        anxiety anxious nervous worry worried fear afraid scared : stress panic
        depression sad unhappy upset : cry lonely grief
        happy joy glad excited thrilled delighted proud : smile celebrate
        angry anger mad frustrated frustration annoyed : argue fight
        lonely loneliness alone : friend
        grief mourning death die died passed loss : funeral late memory
        funeral memorial : death passed
        sleep rest insomnia tired : bed night nap dream
        weight obese overweight : diet pound lose gain
        smoke smoking cigarette : quit vape
        baby newborn : birth diaper crib
        birthday anniversary celebrate celebration party : cake gift invite balloon guest
        holiday festival : christmas thanksgiving easter halloween hanukkah diwali
        gift present : birthday christmas surprise gave
        event gathering occasion : party festival wedding concert fair fundraiser meeting conference parade
        parade rally protest march : pride rights
        charity donate donation volunteer volunteering nonprofit : shelter fundraiser community homeless help food bank cause
        homeless poor : shelter
        help assist support aid : volunteer
        community neighborhood local : neighbor volunteer center
        religion religious faith belief spiritual church : god pray bible christian jewish muslim buddhist temple mosque prayer priest
        politics political government election vote : president mayor party congress policy campaign candidate
        law legal lawyer attorney court : judge lawsuit case trial
        crime criminal : police thief stolen rob arrest
        military army veteran : soldier navy war serve
        war conflict : soldier army peace
        equality rights justice : discrimination equal activism racism
        environment environmental climate sustainability : recycle pollution plastic green conservation solar energy
        patriotic flag national : country veteran
        immigrant immigration refugee : country visa border citizen
        identity gender orientation : gay lesbian transgender queer bisexual
        gay lesbian transgender lgbtq queer : pride identity
        goal dream ambition aspiration plan hope aim : want future achieve become wish
        future plan : want hope dream next someday
        decision choose choice : decide
        reason motivation inspire motivate inspiration : passion love
        challenge difficulty obstacle struggle problem setback hurdle issue : hard tough difficult
        success achieve achievement accomplish accomplishment milestone : proud win finish reach
        failure fail lost : reject
        hard difficult tough challenging : struggle
        improve progress better : learn practice
        learn learned skill : practice class lesson teach
        start begin began launch open : new first
        finish complete end
        join sign enroll : member club group class
        create build design develop : project
        project : build work team
        idea suggestion advice recommend tip recommendation : try suggest
        gear equipment tool item supply : buy bag shoes helmet
        clothes clothing outfit wear fashion dress : shirt jeans shoes jacket hat suit skirt sweater coat sneakers boots
        jewelry accessory : necklace ring bracelet earring watch
        shoe footwear : sneaker boot sandal
        necklace pendant : chain
        color colour : red blue green yellow purple pink black white orange brown
        shape size : big small large
        symbol symbolize represent meaning significance : remind
        tattoo piercing : ink
        hair hairstyle haircut : cut salon
        age old : year birthday turned born
        born birth : birthday
        childhood youth young : kid grew school remember
        grow grew raised upbringing childhood : hometown
        memory memories remember nostalgia nostalgic : childhood reminds
        origin native nationality ethnicity heritage roots : country born family home culture
        culture cultural tradition traditional custom : festival food heritage
        personality trait character quality : caring honest thoughtful patient brave generous creative passionate funny
        caring thoughtful compassionate supportive generous : help
        value importance important matter : family honesty
        favorite like love enjoy prefer preference : best adore fan
        dislike hate : annoying
        fear phobia : spider height snake
        attend visit : went
        meet met encounter : introduce friend
        talk chat discuss conversation speak
        call phone : talk
        fight argue argument conflict disagreement : sorry
        apologize sorry forgive : mistake
        trust honest : lie
        lose lost missing : find
        steal theft rob : stolen thief
        broke break broken damage : fix repair
        late delay : time
        frequency often regularly : daily weekly week month day
        morning routine daily : wake breakfast coffee
        night evening : sleep stars
        weekend : saturday sunday
        star astronomy space : telescope planet moon galaxy
        fish fishing : lake boat rod catch
        boat sail ship : lake ocean
        ride riding : horse bicycle motorcycle
        ski snowboard : mountain snow slope
        climb climbing : mountain rock
        bike cycling bicycle : ride trail
        farm farmer : animal cow crop
        receive obtain acquire : gift buy order bought pick
        gave offer donate : gift present
        watch view look spot notice : saw
        mention state express
        like enjoy love adore appreciate : favorite fun fan
        want wish desire hope : dream plan goal
        require : necessary
        try attempt experiment taste : new first tried
        use utilize employ : tool
        keep maintain save store
        change switch transition transform shift : different new
        grow increase expand rise : bigger
        reduce decrease lower lessen cut : less
        begin commence initiate kick : start
        stop quit cease pause : end
        continue resume keep
        return back : home
        leave depart : left moved
        arrive reach : airport
        wait : line long patient
        carry bring : bag
        wear : shirt dress jacket hat shoes ring glasses
        throw host organize hold : party event
        organize arrange plan coordinate prepare : event schedule list
        manage handle run lead : team project
        lead leader : captain team guide
        guide mentor advise coach : advice
        inspire influence motivate encourage : role model admire
        admire respect idol hero : role model
        surprise shock amaze : unexpected
        scare frighten terrify : scary fear
        laugh joke humor funny : comedy hilarious
        cry tear : sad
        hug kiss embrace : love
        promise commit vow : word
        refuse reject decline deny
        agree accept approve
        allow permit : rule
        cancel postpone delay reschedule : plan trip
        win earn gain : prize money
        receive award honor : certificate
        compete participate join enter : contest race event
        participate attend involve : event class group
        practice rehearse train : hour skill
        perform performance act : stage show concert audience
        record recording : studio video album
        publish release : book album article
        read : book novel article magazine
        teach educate instruct : class lesson student
        explain describe clarify : detail
        discover find realize : new found
        search seek look : job find
        choose pick select : option
        compare contrast : difference similar
        similar alike common : share
        different differ difference : unlike
        interest passion enthusiasm passionate interested : love hobby
        curious wonder : question learn
        believe opinion view thought : feel
        feeling emotion mood feel : happy sad angry anxious excited nervous proud lonely calm grateful overwhelmed frustrated relaxed
        grateful thankful gratitude appreciate : blessed lucky
        proud pride : achievement accomplish
        lucky fortunate blessed : grateful
        confident confidence : believe self nervous
        brave courage courageous : fear
        patient patience : wait calm
        creative creativity imagination imaginative : art write idea
        smart intelligent clever : learn
        beautiful gorgeous pretty stunning lovely : view scenery
        delicious tasty yummy : food flavor meal
        comfortable cozy comfy comfort : blanket couch warm
        peaceful calm tranquil serene quiet : nature relax
        busy hectic : work schedule
        free spare leisure : time weekend hobby relax
        important significant special meaningful sentimental : memory gift family
        useful helpful handy : tool help
        dangerous risky unsafe risk : safety accident
        safe safety secure security : protect
        healthy wellness wellbeing fit : exercise diet
        weak weakness : strength
        strong strength : weight lift muscle
        fast quick speed : race
        popular famous celebrity : star fan
        rare unique unusual : special
        new recent latest : bought
        old ancient antique vintage : history
        big large huge : size
        problem issue trouble concern : fix wrong broken
        solve solution resolve fix : problem
        benefit advantage : help good
        drawback disadvantage downside : problem
        effect impact influence result outcome consequence : change
        cause reason
        purpose aim intent : goal
        method approach technique strategy process : step tip
        plan schedule agenda itinerary : week day
        rule law regulation policy : allowed
        right freedom liberty : law
        skill ability talent talented gift : learn practice good
        experience background : year work
        knowledge information fact : learn
        habit routine : daily morning
        tradition custom ritual : holiday family year
        celebrate celebrated : party holiday birthday dinner
        festival carnival fair : music food booth
        camp retreat : summer
        tour guide sightseeing : museum monument
        landmark monument attraction : tower statue bridge temple
        souvenir keepsake memento : trip bought
        luggage suitcase backpack bag : trip pack
        passport visa : travel country
        map direction route : road
        road street highway : drive
        commute traffic : drive bus train work minutes
        bus train subway metro : station ticket commute
        gas fuel : car
        parking park : car
        license permit : drive
        insurance claim : car health policy
        rent lease tenant landlord : apartment
        neighborhood district area suburb : live street house
        garage basement attic : storage
        kitchen : cook oven stove fridge sink
        appliance : oven stove fridge microwave dishwasher washer dryer vacuum blender toaster
        bedroom : bed pillow mattress blanket sleep
        bathroom : shower bath toilet sink
        decorate decoration decor : paint wall lights poster plant candle
        light lamp : candle bulb
        blanket pillow : bed soft
        tool hardware : hammer drill saw screwdriver
        wood woodwork woodworking carpentry : furniture build table
        sew sewing knit knitting crochet : yarn fabric scarf sweater
        jewelry : gold silver diamond bead
        bag purse handbag backpack wallet : leather
        hat cap : head
        glasses : eye
        makeup cosmetics beauty skincare skin : lotion cream mask
        perfume scent smell : candle flower
        hair : curly blond dye cut color long short
        body : arm leg back knee ankle shoulder neck foot hand head stomach heart
        stomach digestion : ache nausea food
        heart cardiac : blood pressure attack
        blood : pressure test donate
        tooth dental : dentist braces
        eye vision : glasses
        skin : rash
        cold flu fever : cough sick
        virus infection pandemic covid : vaccine mask
        vaccine vaccination shot : doctor
        diabetes : sugar insulin
        allergy : hives sneeze
        disability disabled : wheelchair
        addiction addict : alcohol drug smoke recovery
        recover recovery heal rehab : injury surgery therapy
        exercise : squat pushup stretch cardio treadmill bike
        gym : membership weight trainer
        trainer coach : gym
        muscle : strength gym
        marathon : run mile train
        mile kilometer distance : run walk hike drive
        player athlete : team
        soccer football : goal kick
        basketball : hoop court points
        baseball softball : bat
        tennis badminton pingpong : racket court
        golf : club course
        hockey skating skate : ice
        boxing wrestling : fight ring
        surf surfing : wave board ocean
        kayak canoe paddle raft : river lake
        bike : helmet ride mountain
        skateboard skateboarding : trick
        chess : board
        puzzle crossword sudoku : solve
        card poker : game deck
        gamble casino lottery bet : win money
        role character : actor game
        episode season : series show
        comedian standup comedy : funny show
        magic magician wizard : trick spell fantasy
        superhero comic : marvel batman spiderman
        anime manga cartoon : japanese
        science fiction scifi : space alien
        fantasy : dragon magic wizard
        mystery detective thriller : crime
        romance romantic : love
        horror scary : ghost
        history historical : war ancient
        news newspaper journalist : article
        magazine article : write read
        podcast radio : listen episode
        listen hear : music podcast song audiobook
        blog vlog channel content : video youtube followers
        video clip : youtube film
        email mail letter : send wrote
        message text : phone
        subscription subscribe membership : monthly month cancel
        service : subscription
        order delivery deliver package : online amazon shipped
        refund return : store
        discount coupon sale deal : price save
        brand label
        advertise advertising marketing promote promotion : campaign social
        campaign : election fundraiser
        fundraiser fundraising : charity money raise
        meeting : team
        deadline : project
        presentation speech talk : audience slides
        report paper essay thesis : write
        document file : pdf
        project : deadline
        boss supervisor manager : work
        office : desk
        remote : home work
        resume cv application : job
        apply application : job school program
        intern internship trainee : company
        career : path
        bank account : money savings credit
        credit : card score
        invest investment stock : money
        budget : spend save
        tax : return
        bill utility : pay electricity water internet
        electricity power energy : bill solar
        battery charge charger : phone
        camera : lens photo
        headphones earphones earbuds speaker : music noise
        tv television : watch screen
        screen monitor : computer
        keyboard mouse : computer
        tablet ipad : app
        printer : print
        wifi internet : connection
        password : account
        robot robotics : ai
        artificial intelligence ai : machine
        math mathematics : algebra calculus
        science : physics chemistry biology lab
        history : museum
        geography : country map
        philosophy psychology : mind
        engineering engineer : design
        medicine medical : doctor
        law : lawyer
        nurse nursing : hospital
        kindergarten preschool daycare : child
        teen teenager adolescent : school
        baby : newborn
        twin : sibling
        orphan foster : adopt
        elderly senior aged : nursing
        retire retirement retired : pension
        funeral : grave
        ghost spirit : scary
        prayer pray worship : church god
        christmas : tree gift santa
        halloween : costume pumpkin candy
        thanksgiving : turkey dinner
        easter : egg
        sunset sunrise : sky view beach
        sky : cloud star
        snow winter : ski cold
        rain : umbrella storm
        fire : burn
        plant : pot leaf water grow
        herb : basil mint rosemary
        vegetable : garden
        tea : cup green
        coffee : cafe espresso latte
        breakfast : egg pancake cereal oatmeal toast
        lunch : sandwich salad
        dinner : restaurant
        snack : chips popcorn nuts
        meat : beef chicken pork steak lamb
        seafood : fish shrimp salmon crab lobster
        dairy : milk cheese yogurt butter cream
        bread : bake flour
        pasta : spaghetti lasagna sauce
        soup : stew
        salad : lettuce
        chocolate : candy dark
        cake : bake birthday
        pie : apple
        spice spicy : pepper chili curry
        ingredient : flour sugar salt butter egg
        recipe : ingredient cook bake
        grill barbecue bbq
        picnic : park basket
        wine : bottle
        beer : brewery
        bar pub club nightlife : drink
        horse pony equestrian : ride
        rabbit bunny hamster : cage
        fish aquarium : tank
        reptile : snake lizard turtle
        cow cattle : milk
        chicken hen : egg
        bee : honey
        zoo aquarium : animal
        veterinarian vet : pet
        rescue shelter : adopt animal
        breed : dog
        """;
}
