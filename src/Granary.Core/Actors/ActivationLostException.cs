namespace Granary.Core.Actors;

/// <summary>
/// The activation lost its partition to another writer, or fails since an earlier commit failed. What the call wanted was surely not stored:
/// the host loads the actor again and repeats the call once.
/// </summary>
internal sealed class ActivationLostException(string message) : Exception(message);
