using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Onebit.Training.Tests;

/// <summary>What lies in a run's folder may be half-written, edited or a stranger's. It gets a sentence that says what to do.</summary>
public sealed class HostileRunTests : TrainingTests
{
    [Theory]
    [InlineData("testPredictions", "\"\"")]
    [InlineData("testPredictions", "\"AQID\"")]
    [InlineData("testAccuracy", "1e308")]
    [InlineData("testAccuracy", "0.5")]
    [InlineData("validationAccuracy", "-1")]
    [InlineData("unfoldedTestAccuracy", "2")]
    [InlineData("testLoss", "1e300")]
    [InlineData("trainSeconds", "1e300")]
    [InlineData("trainProcessorSeconds", "-1")]
    [InlineData("epochs", "4")]
    [InlineData("modelBytes", "-1")]
    [InlineData("binaryParameters", "1000000000")]
    [InlineData("weightBits", "0")]
    [InlineData("curves", """{"trainLoss":[1e308,1],"validationLoss":[],"validationAccuracy":[-1]}""")]
    [InlineData("curves", """{"trainLoss":[1,1,1]}""")]
    [InlineData("curves", """{"trainLoss":null}""")]
    public void A_result_that_was_edited_is_noticed(string name, string value)
    {
        RunResult result = Run(Small("binarynet"), _folder.Path);
        Assert.Null(result.FindMistake(s_mnist));
        Edit(name, value);
        Assert.NotNull(RunFolder.Load(_folder.Path)!.FindMistake(s_mnist));
    }

    [Fact]
    public void Predictions_of_classes_that_do_not_exist_are_noticed()
    {
        Run(Small("binarynet"), _folder.Path);
        Edit("testPredictions", JsonSerializer.Serialize(Enumerable.Repeat((byte)255, s_mnist.Test.Count).ToArray()));
        Assert.Contains("predictions", RunFolder.Load(_folder.Path)!.FindMistake(s_mnist), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{}")]
    public void A_result_that_cannot_be_read_says_what_to_delete(string content)
    {
        _folder.Add(RunFolder.ResultFile, content);
        Assert.Contains("delete its folder", Fails(() => RunFolder.Load(_folder.Path)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunFolder.ResultFile)]
    [InlineData("checkpoint.safetensors")]
    public void A_pipe_in_place_of_a_file_says_what_to_delete_and_is_not_waited_for(string name)
    {
        using (Process made = Process.Start("mkfifo", [_folder.File(name)]))
        {
            made.WaitForExit();
        }

        string sentence = Fails(() => Run(Small("binarynet"), _folder.Path));
        Assert.Contains(_folder.File(name), sentence, StringComparison.Ordinal);
        Assert.Contains("delete", sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"network":{"name":"n","layers":[{"units":10}]},"method":"binarynet"}""")]
    [InlineData(
        """
            {"network":{"name":"n","layers":[{"units":10}]},"method":"binarynet","epochs":1,
            "batchSize":9,"optimizer":{"type":"adam","rate":1}}
            """
    )]
    [InlineData(
        """
            {"network":{"name":"n","layers":[null]},"method":"binarynet","epochs":1,"batchSize":9,"optimizer":{"type":"adam","rate":1}}
            """
    )]
    [InlineData(
        """
            {"network":{"name":"n","layers":null},"method":null,"epochs":1,"batchSize":9,"optimizer":{"type":"adam","rate":1}}
            """
    )]
    public void A_teacher_without_an_experiment_gets_a_sentence(string experiment)
    {
        RunResult teacher = Run(Small("binarynet") with { Name = "teacher" }, _folder.File("teacher-seed1"));
        JsonObject json = JsonNode.Parse(JsonSerializer.Serialize(teacher, teacher.GetType(), Experiment.Json))!.AsObject();
        json["fingerprint"] = Trainer.Fingerprint(s_mnist) + experiment;
        _folder.Add("teacher-seed1/" + RunFolder.ResultFile, json.ToJsonString());
        Experiment student = Small("binarynet") with { Distillation = new DistillationSpec(["teacher"]) };
        Assert.NotEmpty(Fails(() => Run(student, _folder.File("student"))));
    }

    [Theory]
    [InlineData(RunFolder.ResultFile)]
    [InlineData(RunFolder.ModelFile)]
    [InlineData(RunFolder.WeightsFile)]
    [InlineData("checkpoint.safetensors")]
    [InlineData("lock")]
    public void A_folder_or_a_link_in_place_of_a_file_is_named(string name)
    {
        string one = _folder.File("one"),
            two = _folder.File("two"),
            target = _folder.File("target");
        Directory.CreateDirectory(Path.Combine(one, name));
        Assert.Contains($"'{Path.Combine(one, name)}'", Fails(() => Run(Small("binarynet"), one)), StringComparison.Ordinal);
        Directory.CreateDirectory(two);
        File.CreateSymbolicLink(Path.Combine(two, name), target);
        Assert.Contains($"'{Path.Combine(two, name)}'", Fails(() => Run(Small("binarynet"), two)), StringComparison.Ordinal);
        Assert.False(File.Exists(target));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_not_taken_for_one_where_another_process_trains()
    {
        string file = _folder.Add("file", "no folder");
        var clock = Stopwatch.StartNew();
        Assert.Contains("cannot be written", Fails(() => Run(Small("binarynet"), file)), StringComparison.Ordinal);
        Assert.Contains("cannot be written", Fails(() => OutputFolder.Require(Path.Combine(file, "below"))), StringComparison.Ordinal);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 3);
    }

    [Fact]
    public void A_checkpoint_whose_weights_were_changed_is_damaged()
    {
        Kill(Small("binarynet"), _folder.Path, step: 3);
        string checkpoint = Checkpoint(_folder.Path);
        byte[] bytes = File.ReadAllBytes(checkpoint);
        bytes[^1] ^= 1;
        File.WriteAllBytes(checkpoint, bytes);
        string sentence = Fails(() => Run(Small("binarynet"), _folder.Path));
        Assert.Contains("checksum", sentence, StringComparison.Ordinal);
        Assert.Contains("delete it to start the run over", sentence, StringComparison.Ordinal);
    }

    private void Edit(string name, string value)
    {
        string path = _folder.File(RunFolder.ResultFile);
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        json[name] = JsonNode.Parse(value);
        File.WriteAllText(path, json.ToJsonString());
    }

    private static string Fails(Action act)
    {
        string sentence = Assert.Throws<ExperimentException>(act).Message;
        Assert.Single(sentence.Split('\n'));
        return sentence;
    }
}
