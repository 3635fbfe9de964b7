using Npgsql;

namespace Granary.Providers.Postgres;

/// <summary>A database as people write it: settings as Npgsql reads them, or an address as other clients of PostgreSQL do.</summary>
internal static class ConnectionText
{
    private const int DefaultPort = 5432;

    /// <summary>Its settings, or null where it cannot be read. No error repeats the text: it may hold a password.</summary>
    public static NpgsqlConnectionStringBuilder? Parse(string text)
    {
        try
        {
            return text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
                ? OfAddress(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            return null;
        }
    }

    // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    private static NpgsqlConnectionStringBuilder OfAddress(Uri address)
    {
        var parts = new NpgsqlConnectionStringBuilder { Host = address.Host, Port = address.Port > 0 ? address.Port : DefaultPort };
        var user = address.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            parts.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length == 2)
        {
            parts.Password = Uri.UnescapeDataString(user[1]);
        }

        if (address.AbsolutePath.Trim('/') is { Length: > 0 } database)
        {
            parts.Database = Uri.UnescapeDataString(database);
        }

        foreach (var setting in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = setting.Split('=', 2);
            var value = pair.Length == 2 ? Uri.UnescapeDataString(pair[1]) : "";
            var name = Uri.UnescapeDataString(pair[0]) switch
            {
                "user" => "Username",
                "dbname" => "Database",
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "channel_binding" => "Channel Binding",
                "application_name" => "Application Name",
                "connect_timeout" => "Timeout",
                "target_session_attrs" => "Target Session Attributes",
                var other => other,
            };

            // Npgsql knows verify-full as VerifyFull; the other settings have their dashes.
            parts[name] = name == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return parts;
    }
}
