namespace Granary.Llm.Providers;

/// <summary>Which models a provider has, by what is listed and by how names of its kind begin.</summary>
internal static class ModelConventions
{
    private static readonly string[] OpenAI = ["gpt-", "chatgpt-", "codex-", "text-embedding-3", "text-embedding-ada", "ft:gpt-", "computer-use-"];
    private static readonly string[] Anthropic = ["claude"];
    private static readonly string[] Gemini = ["gemini-", "gemma-", "text-embedding-00", "embedding-001", "models/", "tunedModels/"];
    private static readonly string[] Mistral = ["mistral-", "ministral-", "codestral-", "magistral-", "devstral-", "pixtral-", "voxtral-", "open-mistral-", "open-mixtral-"];

    /// <summary>How surely a provider has a model: 0 it is listed by name, 1 by its beginning, 2 it is of its kind, null it has not.</summary>
    public static int? Rank(ProviderOptions options, ProviderKind kind, string model)
    {
        if (options.Deployments.ContainsKey(model) || string.Equals(options.Deployment, model, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        int? rank = null;
        foreach (var listed in options.Models)
        {
            if (string.Equals(listed, model, StringComparison.OrdinalIgnoreCase))
            {
                return 0;
            }

            if (listed.EndsWith('*') && model.StartsWith(listed.AsSpan(0, listed.Length - 1), StringComparison.OrdinalIgnoreCase))
            {
                rank = 1;
            }
        }

        return rank ?? (options.Models.Count == 0 && IsOf(kind, model) ? 2 : null);
    }

    /// <summary>Whether a provider lists how names of the model's folder begin (<c>anthropic/*</c>): as sure a word on a name with a slash as the whole name.</summary>
    public static bool ListsFolder(ProviderOptions options, string model)
    {
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && options.Models.Any(listed =>
            listed.EndsWith('*') && listed.Length - 1 > slash && model.StartsWith(listed.AsSpan(0, listed.Length - 1), StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsOf(ProviderKind kind, string model) => kind switch
    {
        ProviderKind.OpenAI or ProviderKind.Azure => Begins(model, OpenAI) || IsReasoning(model),
        ProviderKind.Anthropic => Begins(model, Anthropic),
        ProviderKind.Gemini => Begins(model, Gemini),
        ProviderKind.Mistral => Begins(model, Mistral),
        _ => false,
    };

    /// <summary>OpenAI's <c>o1</c>, <c>o3-mini</c>, …: not every name with an o.</summary>
    private static bool IsReasoning(string model) => model.Length > 1 && model[0] is 'o' or 'O' && char.IsAsciiDigit(model[1]);

    private static bool Begins(string model, string[] beginnings)
    {
        foreach (var beginning in beginnings)
        {
            if (model.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
