using static TorchSharp.torch;

namespace Onebit.Training;

/// <summary>Ends a training: writes the weights, packs the network, evaluates it and writes the result.</summary>
internal sealed class RunFinisher(Experiment experiment, DataSplit data, string fingerprint, string folder, Network network, ITask task)
{
    private string ModelPath => Path.Combine(folder, RunFolder.ModelFile);

    private string WeightsPath => Path.Combine(folder, RunFolder.WeightsFile);

    /// <summary>Writes all files of the finished run.</summary>
    /// <param name="state">All epochs are done.</param>
    /// <param name="optimizerState">How many numbers the optimizer keeps.</param>
    internal RunResult Finish(TrainingState state, long optimizerState)
    {
        Dictionary<string, Tensor> weights = network.state_dict();
        SafeTensors.Save(WeightsPath, weights, new Dictionary<string, string>(network.Metadata) { ["experiment"] = experiment.Name });
        var trained = new TrainedNetwork(network, task, data, state.Seed);
        (IReadOnlyList<FormEvaluation> All, FormEvaluation Chosen)? forms =
            network.BinaryParameterCount > 0 ? experiment.Method.ChooseForm(trained) : null;
        (BitModel? model, string? obstacle) = Pack(state.Epoch);
        if (obstacle is not null && forms is { } choice)
        {
            // As in training: no file holds it anyway, so nothing is gained by a choice.
            trained.Use(form: null, recalibrate: false);
            forms = (choice.All, choice.All[0]);
        }

        RunResult result = task.Evaluate(Describe(state, optimizerState, forms, model, obstacle), network, model);
        Divergence.Check(experiment.Name, state.Epoch, [.. result.Losses]);
        RunFolder.Save(folder, result);
        return result;
    }

    private (BitModel? Model, string? Obstacle) Pack(int epoch)
    {
        if (network.WeightBits == 32)
        {
            return (null, null);
        }

        try
        {
            BitModel model = task.Pack(network);
            _ = BitModel.Read(model.ToBytes()); // A model beyond the budget of its file is one that no command would load.
            model.Save(ModelPath);
            return (model, null);
        }
        catch (PackingException e) when (e.InnerException is OverflowException)
        {
            throw Divergence.Exception($"The numbers of '{experiment.Name}' are too large to fold", epoch);
        }
        catch (Exception e) when (e is PackingException or InvalidDataException)
        {
            return (null, e.Message);
        }
    }

    private RunResult Describe(
        TrainingState state,
        long optimizerState,
        (IReadOnlyList<FormEvaluation> All, FormEvaluation Chosen)? forms,
        BitModel? model,
        string? obstacle
    )
    {
        long binary = network.BinaryParameterCount,
            parameters = network.ParameterCount;
        return new RunResult
        {
            Experiment = experiment.Name,
            Fingerprint = fingerprint,
            Seed = state.Seed,
            Parents = state.Parents is { Count: > 0 } parents ? parents : null,
            InputBits = network.InputBits,
            WeightBits = network.WeightBits,
            ActivationBits = network.ActivationBits,
            Parameters = parameters,
            BinaryParameters = binary,
            MultiplyAccumulates = network.MultiplyAccumulates,
            Packed = model is not null,
            NotPackedBecause = obstacle,
            ModelBytes =
                model is not null ? new FileInfo(ModelPath).Length
                : binary == 0 ? new FileInfo(WeightsPath).Length
                : network.CountedBytes,
            Forms = forms?.All,
            EvaluatedForm = forms?.Chosen.Name,
            TrainImages = data.Train.Count,
            ValidationImages = data.Validation.Count,
            Epochs = experiment.Epochs,
            Steps = TrainingLength.Steps(data.Train.Count, experiment.BatchSize, experiment.Epochs),
            TrainSeconds = state.TrainSeconds,
            TrainProcessorSeconds = state.ProcessorSeconds,
            TrainingModelBytes = 4 * (2 * parameters + optimizerState),
            PeakTrainingBytes = state.PeakBytes,
            Curves = state.Curves,
        };
    }
}
