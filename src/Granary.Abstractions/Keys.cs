namespace Granary;

/// <summary>A user of a tenant.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="User">The user's id within the tenant.</param>
public readonly record struct UserKey(string Tenant, string User)
{
    /// <summary>Returns the key if both ids follow <see cref="Ids"/>.</summary>
    /// <exception cref="InvalidRequestException">One does not.</exception>
    public UserKey Validated()
    {
        Ids.Require(Tenant, "tenant_id");
        Ids.Require(User, "user_id");
        return this;
    }
}

/// <summary>A session of a user.</summary>
/// <param name="Tenant">The tenant's id.</param>
/// <param name="User">The user's id within the tenant.</param>
/// <param name="Session">The session's id within the user.</param>
public readonly record struct SessionKey(string Tenant, string User, string Session)
{
    /// <summary>The user that the session belongs to.</summary>
    public UserKey Owner => new(Tenant, User);

    /// <summary>Returns the key if all ids follow <see cref="Ids"/>.</summary>
    /// <exception cref="InvalidRequestException">One does not.</exception>
    public SessionKey Validated()
    {
        Owner.Validated();
        Ids.Require(Session, "session_id");
        return this;
    }
}
