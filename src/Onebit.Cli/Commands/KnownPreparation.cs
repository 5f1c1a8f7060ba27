using System.Security.Cryptography;

namespace Onebit.Cli;

/// <summary>
/// How pictures were prepared for a model: as its file says, or as is known of the models that were shipped before files said it.
/// </summary>
internal static class KnownPreparation
{
    // SHA-256 of the shipped files. Ten classes called 0 to 9 may be digits or clothes, so nothing else of an older file is certain.
    private static readonly HashSet<string> s_digits =
    [
        "2c165d2b847f7aecec20544098b5626431b7ad136e0d113cef630c1477b29516", // mnist-headline
        "bb3331994ea581135538c3af479407f5edb78dd9199d6c0cca64b1a2d75235bb", // mnist-large
        "7d2bf07c8158fcfaad5d407e2788620e98eed5a38109dd507a1aaee3874137c5", // mnist-micro
        "986f781f3848c5c771703fbbd218be216b200703d5ce123e0148832f02ec571a", // mnist-small
        "4306bec4a00c9a231c348e3046c7a65fd341860162abb38b5cafbbf6f523949b", // mnist-tiny
    ];

    private static readonly HashSet<string> s_clothes =
    [
        "ea4e6d3545e8af552332350b90b9bcec1fa9c48423fed14ad98d46cde13d3216", // fashion-headline
        "82529adc57e842415831092afad2b7b3fba369ed8849345aabe15b96e4be8174", // fashion-large
        "0909c68770d71022c6ed46c405cca80c174c1e77ee081fb3bbc7ceb19ab9c50c", // fashion-micro
        "a783cdabab82ee772c6f17612925198e7ce7072a4da6c29bca0516b48da84c57", // fashion-small
        "bf6e4ab7e68b69b4b9741bc68d15c02fc93f3a8458c86f311b35c881df30ea50", // fashion-tiny
    ];

    internal static ImagePreparation Of(BitModel model)
    {
        if (model.Preparation != ImagePreparation.Unknown)
        {
            return model.Preparation;
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(model.ToBytes()));
        return s_digits.Contains(hash) ? ImagePreparation.Digits
            : s_clothes.Contains(hash) || !MayBeDigits(model) ? ImagePreparation.Scaled
            : ImagePreparation.Unknown;
    }

    /// <summary>Other names, or images of another size, were never prepared like MNIST's digits.</summary>
    private static bool MayBeDigits(BitModel model) =>
        model.Input is { Channels: 1, Height: 28, Width: 28 }
        && model.ClassNames.SequenceEqual(Enumerable.Range(0, 10).Select(digit => $"{digit}"));
}
