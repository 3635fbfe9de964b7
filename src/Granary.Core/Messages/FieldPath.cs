namespace Granary.Core.Messages;

/// <summary>Where a message stands in a request. Turned into text only when a rule is broken, so that checking good messages allocates nothing.</summary>
/// <param name="name">The field of the message, or of the list it stands in.</param>
/// <param name="index">Its position in the list, or -1 if it stands alone.</param>
internal readonly struct FieldPath(string name, int index = -1)
{
    public override string ToString() => index < 0 ? name : $"{name}[{index}]";
}
