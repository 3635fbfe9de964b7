using Granary.Http.Identity;
using Granary.Llm.Audit;
using Granary.Llm.Requests;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Http.Proxy;

/// <summary>Who is told of the proxy's calls: the hooks, and the audit where the host has one.</summary>
internal sealed class ProxyObservers(InvocationHooks hooks, TimeProvider time, ILogger<ProxyObservers> logger, IAuditLog? audit = null)
{
    public InvocationHooks Hooks => hooks;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    public IAuditLog? Audit => audit;

    /// <summary>A call begins.</summary>
    /// <exception cref="AccessDeniedException">The credential is bound to another tenant.</exception>
    public ProxyCall Begin(HttpContext context, AuditKind kind) => new(this, RequestIdentity.Tenant(context), kind);
}
