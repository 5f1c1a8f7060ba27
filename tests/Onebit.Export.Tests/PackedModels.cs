using System.Runtime.CompilerServices;
using Onebit.Training;
using Onebit.Training.Tests;
using static TorchSharp.torch;

namespace Onebit.Export.Tests;

/// <summary>Packed models whose weights are random.</summary>
internal static class PackedModels
{
    public static List<(BitModel Model, string Prefix)> OneOfEachMethod(Random random)
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Network).Module.ModuleHandle);
        var models = new List<(BitModel Model, string Prefix)>();
        var open = Method.All.Where(m => m.Binarizes && m is not BinaryConnectStochastic).Select(m => m.Name).ToHashSet();
        for (int tries = 0; open.Count > 0; tries++)
        {
            Assert.True(tries < 1000, $"No network of {string.Join(", ", open)}");
            using var scope = NewDisposeScope();
            using var _ = no_grad();
            using Network network = RandomNetworks.Create(random, isTieFree: false);
            if (open.Remove(network.Method.Name))
            {
                models.Add((Packer.Pack(network), network.Method.Name.Replace('-', '_')));
            }
        }

        return models;
    }
}
