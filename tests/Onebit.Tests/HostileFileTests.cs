using CsCheck;

namespace Onebit.Tests;

/// <summary>
/// Files that were damaged at random. Nothing but <see cref="InvalidDataException"/> may come of them, and those that
/// still are models must be the only encoding of themselves and predict what the reference interpreter predicts.
/// </summary>
public class HostileFileTests
{
    [Fact]
    public void Damaged_files_with_a_broken_checksum_are_refused()
    {
        Gen.Select(RandomModels.Gen, Gen.Int)
            .Sample(
                (model, seed) =>
                {
                    byte[] file = model.ToBytes();
                    byte[] damaged = Damage(file, new Random(seed));
                    if (!file.AsSpan().SequenceEqual(damaged))
                    {
                        Assert.Throws<InvalidDataException>(() => BitModel.Read(damaged));
                    }
                },
                iter: 2000
            );
    }

    [Fact]
    public void Damaged_files_with_a_repaired_checksum_are_refused_or_work()
    {
        int refused = 0,
            accepted = 0;
        Gen.Select(RandomModels.Gen, Gen.Int)
            .Sample(
                (model, seed) =>
                {
                    byte[] file = model.ToBytes();
                    var random = new Random(seed);
                    for (int i = 0; i < 10; i++)
                    {
                        byte[] content = Damage(file[5..^4], random);
                        byte[] damaged = FileBytes.WithChecksum([.. file.AsSpan(0, 5), .. content]);
                        BitModel read;
                        try
                        {
                            read = BitModel.Read(damaged);
                        }
                        catch (InvalidDataException)
                        {
                            Interlocked.Increment(ref refused);
                            continue;
                        }

                        Interlocked.Increment(ref accepted);
                        Assert.Equal(damaged, read.ToBytes());
                        byte[] pixels = RandomModels.Image(read, random);
                        if (pixels.Length < 10_000)
                        {
                            Assert.Equal(ReferenceInterpreter.Run(read, pixels).Class, read.Predict(pixels));
                        }
                        else
                        {
                            Assert.InRange(read.Predict(pixels), 0, read.ClassCount - 1);
                        }
                    }
                },
                iter: 1000
            );

        // Both paths were taken often enough to mean something.
        Assert.True(refused > 1000 && accepted > 1000, $"{refused} refused, {accepted} accepted");
    }

    private static byte[] Damage(byte[] file, Random random)
    {
        List<byte> bytes = [.. file];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count);
            int length = Math.Min(random.Next(1, 9), bytes.Count - at);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = random.Next(4) switch
                    {
                        0 => 0,
                        1 => 1,
                        2 => 0x7F,
                        _ => 0xFF,
                    };
                    break;
                case 3:
                    bytes[at]++;
                    break;
                case 4 when length < bytes.Count:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 6 when at > 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
