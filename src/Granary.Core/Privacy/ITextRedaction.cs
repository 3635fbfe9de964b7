namespace Granary.Core.Privacy;

/// <summary>Redacts one text.</summary>
internal interface ITextRedaction
{
    /// <summary>The redacted text; the same instance where nothing matches.</summary>
    string Redact(string text);
}
