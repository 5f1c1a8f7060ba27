using System.IO.Compression;

namespace Onebit.Tests;

/// <summary>Files on disk.</summary>
public sealed class SaveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("onebit-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_saved_model_is_loaded_again_and_replaces_what_was_there()
    {
        string path = Path.Combine(_folder, "model.onebit");
        File.WriteAllText(path, "something else, and longer than a model");
        BitModel model = BitModel.Read(FileBytes.WithChecksum(FileBytes.Parse(FileBytes.Example)));
        model.Save(path);
        Assert.Equal(model.ToBytes(), File.ReadAllBytes(path));
        Assert.Equal(model.ToBytes(), BitModel.Load(path).ToBytes());
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_model_is_loaded_from_a_stream_and_the_stream_stays_open()
    {
        byte[] file = Build.Mlp(new Random(5)).ToBytes();
        using var stream = new MemoryStream([0, 0, .. file]);
        stream.Position = 2;
        Assert.Equal(file, BitModel.Load(stream).ToBytes());
        Assert.Equal(stream.Length, stream.Position);
        using var zipped = new GZipStream(new MemoryStream(Zip(file)), CompressionMode.Decompress); // It cannot seek.
        Assert.Equal(file, BitModel.Load(zipped).ToBytes());
        Assert.Throws<InvalidDataException>(() => BitModel.Load(stream));

        static byte[] Zip(byte[] content)
        {
            using var memory = new MemoryStream();
            using (var zip = new GZipStream(memory, CompressionLevel.Fastest))
            {
                zip.Write(content);
            }

            return memory.ToArray();
        }
    }

    [Fact]
    public void A_folder_is_no_model() =>
        Assert.Contains("is a folder", Assert.Throws<UnauthorizedAccessException>(() => BitModel.Load(_folder)).Message);

    [Fact]
    public async Task A_reader_never_sees_half_a_file()
    {
        string path = Path.Combine(_folder, "model.onebit");
        BitModel[] models = [Build.Mlp(new Random(5)), RandomModels.Create(new Random(6))];
        models[0].Save(path);
        var writer = Task.Run(
            () =>
            {
                for (int i = 0; i < 60; i++)
                {
                    models[i % 2].Save(path);
                }
            },
            TestContext.Current.CancellationToken
        );
        do
        {
            // Throws if the file is missing or incomplete.
            Assert.Contains(BitModel.Load(path).Operations.Count, models.Select(model => model.Operations.Count));
        } while (!writer.IsCompleted);
        await writer;
    }

    [Fact]
    public void A_failed_save_leaves_nothing_behind()
    {
        string path = Path.Combine(_folder, "taken");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<SystemException>(() => Build.Mlp(new Random(7)).Save(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
        Assert.Throws<DirectoryNotFoundException>(() => Build.Mlp(new Random(7)).Save(Path.Combine(_folder, "no", "model.onebit")));
    }

    [Fact]
    public void A_file_that_is_no_model_is_named()
    {
        string path = Path.Combine(_folder, "picture.png");
        File.WriteAllText(path, "PNG");
        Assert.StartsWith(path, Assert.Throws<InvalidDataException>(() => BitModel.Load(path)).Message);
        Assert.Throws<FileNotFoundException>(() => BitModel.Load(path + "x"));
    }

    [Fact]
    public void A_file_too_large_for_a_model_is_not_read()
    {
        string path = Path.Combine(_folder, "film.onebit");
        using (FileStream stream = File.Create(path))
        {
            stream.SetLength(ModelLimits.MaxFileBytes + 1L);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<InvalidDataException>(() => BitModel.Load(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }
}
