using System.Runtime.CompilerServices;
using TorchSharp;
using Xunit.Sdk;
using Xunit.v3;

// torch's random generator is one for the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Onebit.Training.Tests.TorchFixture))]

namespace Onebit.Training.Tests;

/// <summary>Loads libtorch by way of Onebit.Training, before any test touches it, and keeps it to one thread.</summary>
public sealed class TorchFixture
{
    public TorchFixture()
    {
        RuntimeHelpers.RunModuleConstructor(typeof(Network).Module.ModuleHandle);
        torch.set_num_threads(1);
    }
}
