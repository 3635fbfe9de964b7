using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Granary.Llm.Rendering.Json;

namespace Granary.Llm.Streaming;

/// <summary>Reads what providers say of tokens, for answers in pieces and whole ones alike. Figures that an int cannot hold are its greatest.</summary>
internal static class UsageReader
{
    /// <summary>Reads the value of the property that the reader is at; null if it is no object.</summary>
    public delegate ChatUsage? Of(ref Utf8JsonReader json);

    /// <summary>Reads a part of a whole answer.</summary>
    /// <param name="body">What has it.</param>
    /// <param name="name">The property; null is returned where there is none.</param>
    /// <param name="read">The dialect's way.</param>
    /// <exception cref="InvalidRequestException">It is no JSON that can be read.</exception>
    public static ChatUsage? Read(JsonObject body, string name, Of read)
    {
        if (body.Get(name) is not { } usage)
        {
            return null;
        }

        var json = new Utf8JsonReader(JsonMarshal.GetRawUtf8Value(usage.Element()));
        return read(ref json);
    }

    /// <summary>OpenAI's chat completions, and what compatible servers make of them.</summary>
    public static ChatUsage? OpenAI(ref Utf8JsonReader json)
    {
        if (!JsonTokens.EnterObject(ref json))
        {
            return null;
        }

        int input = 0, output = 0, total = 0, cached = 0, cacheWrite = 0, reasoning = 0;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("prompt_tokens"u8) || json.ValueTextEquals("input_tokens"u8))
            {
                input = Math.Max(input, JsonTokens.Number(ref json) ?? 0);
            }
            else if (json.ValueTextEquals("completion_tokens"u8) || json.ValueTextEquals("output_tokens"u8))
            {
                output = Math.Max(output, JsonTokens.Number(ref json) ?? 0);
            }
            else if (json.ValueTextEquals("total_tokens"u8))
            {
                total = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("prompt_cache_hit_tokens"u8))
            {
                // DeepSeek's name.
                cached = Math.Max(cached, JsonTokens.Number(ref json) ?? 0);
            }
            else if (json.ValueTextEquals("prompt_tokens_details"u8))
            {
                if (JsonTokens.EnterObject(ref json))
                {
                    while (JsonTokens.NextProperty(ref json))
                    {
                        if (json.ValueTextEquals("cached_tokens"u8))
                        {
                            cached = Math.Max(cached, JsonTokens.Number(ref json) ?? 0);
                        }
                        else if (json.ValueTextEquals("cache_write_tokens"u8))
                        {
                            cacheWrite = JsonTokens.Number(ref json) ?? 0;
                        }
                        else
                        {
                            JsonTokens.SkipValue(ref json);
                        }
                    }
                }
            }
            else if (json.ValueTextEquals("completion_tokens_details"u8))
            {
                reasoning = Detail(ref json, "reasoning_tokens"u8);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        return Usage(input, output, cached, cacheWrite, reasoning, total);
    }

    /// <summary>OpenAI's responses.</summary>
    public static ChatUsage? OpenAIResponses(ref Utf8JsonReader json) => Read(ref json, "reasoning_tokens"u8) is { } read
        ? Usage(read.Input, read.Output, read.Cached, 0, read.Thought, read.Total)
        : null;

    /// <summary>Anthropic's messages: their input tokens are those that no cache had a part in.</summary>
    public static ChatUsage? Anthropic(ref Utf8JsonReader json) => Read(ref json, "thinking_tokens"u8) is { } read
        ? Usage(UsageSum.Of(UsageSum.Of(read.Input, read.CacheRead), read.CacheWritten), read.Output, read.CacheRead, read.CacheWritten, read.Thought, 0)
        : null;

    /// <summary>Gemini's: thoughts are counted beside the answer, and the results of its own tools beside the prompt.</summary>
    public static ChatUsage? Gemini(ref Utf8JsonReader json)
    {
        if (!JsonTokens.EnterObject(ref json))
        {
            return null;
        }

        int prompt = 0, tools = 0, candidates = 0, thoughts = 0, cached = 0, total = 0;
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("promptTokenCount"u8))
            {
                prompt = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("toolUsePromptTokenCount"u8))
            {
                tools = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("candidatesTokenCount"u8))
            {
                candidates = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("thoughtsTokenCount"u8))
            {
                thoughts = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("cachedContentTokenCount"u8))
            {
                cached = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("totalTokenCount"u8))
            {
                total = JsonTokens.Number(ref json) ?? 0;
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        return Usage(UsageSum.Of(prompt, tools), UsageSum.Of(candidates, thoughts), cached, 0, thoughts, total);
    }

    /// <summary>What both who say <c>input_tokens</c> and <c>output_tokens</c> may say.</summary>
    /// <param name="json">The value; null if it is no object.</param>
    /// <param name="thought">What they call tokens of thoughts.</param>
    private static Figures? Read(ref Utf8JsonReader json, ReadOnlySpan<byte> thought)
    {
        if (!JsonTokens.EnterObject(ref json))
        {
            return null;
        }

        var read = new Figures();
        while (JsonTokens.NextProperty(ref json))
        {
            if (json.ValueTextEquals("input_tokens"u8))
            {
                read.Input = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("output_tokens"u8))
            {
                read.Output = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("total_tokens"u8))
            {
                read.Total = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("cache_read_input_tokens"u8))
            {
                read.CacheRead = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("cache_creation_input_tokens"u8))
            {
                read.CacheWritten = JsonTokens.Number(ref json) ?? 0;
            }
            else if (json.ValueTextEquals("input_tokens_details"u8))
            {
                read.Cached = Detail(ref json, "cached_tokens"u8);
            }
            else if (json.ValueTextEquals("output_tokens_details"u8))
            {
                read.Thought = Detail(ref json, thought);
            }
            else
            {
                JsonTokens.SkipValue(ref json);
            }
        }

        return read;
    }

    private static ChatUsage Usage(int input, int output, int cached, int written, int reasoning, int total) =>
        new(input, output, cached, written, reasoning, total > UsageSum.Of(input, output) ? total : 0);

    private static int Detail(ref Utf8JsonReader json, ReadOnlySpan<byte> name)
    {
        var value = 0;
        if (JsonTokens.EnterObject(ref json))
        {
            while (JsonTokens.NextProperty(ref json))
            {
                if (json.ValueTextEquals(name))
                {
                    value = JsonTokens.Number(ref json) ?? 0;
                }
                else
                {
                    JsonTokens.SkipValue(ref json);
                }
            }
        }

        return value;
    }

    private struct Figures
    {
        public int Input;
        public int Output;
        public int Total;
        public int Cached;
        public int CacheRead;
        public int CacheWritten;
        public int Thought;
    }
}
