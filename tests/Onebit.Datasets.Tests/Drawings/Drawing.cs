using SkiaSharp;

namespace Onebit.Datasets.Tests;

/// <summary>One digit in one manner, drawn when its file is asked for.</summary>
internal sealed class Drawing
{
    private static readonly SKColor s_black = new(15, 15, 20),
        s_white = new(250, 250, 248);

    // Ink on paper; two pairs are equally bright.
    private static readonly (SKColor Ink, SKColor Paper)[] s_colours =
    [
        (new(200, 20, 30), new(255, 255, 255)),
        (new(20, 50, 180), new(255, 240, 120)),
        (new(20, 110, 40), new(255, 200, 210)),
        (new(255, 255, 255), new(30, 70, 190)),
        (new(250, 230, 60), new(10, 80, 50)),
        (new(255, 140, 0), new(20, 20, 90)),
        (new(220, 40, 40), new(20, 140, 50)),
        (new(200, 120, 40), new(80, 140, 220)),
        (new(120, 20, 140), new(200, 230, 200)),
        (new(90, 60, 30), new(240, 220, 180)),
    ];

    private static readonly Look[] s_looks =
    [
        new("plain") { },
        new("thin pen")
        {
            Pen = 0.02,
            Width = 500,
            Height = 500,
        },
        new("thick pen") { Pen = 0.22 },
        new("turned up to 15 degrees") { Turn = 15 },
        new("small, off-centre")
        {
            Share = 0.28,
            Anywhere = true,
            Width = 480,
            Height = 360,
        },
        new("light on dark") { Ink = s_white, Paper = s_black },
        new("coloured") { Coloured = true, Format = SKEncodedImageFormat.Webp },
        new("on a gradient") { Gradient = 0.7 },
        new("light on a dark gradient")
        {
            Ink = s_white,
            Paper = new(150, 150, 160),
            Gradient = 0.8,
        },
        new("transparent background, dark ink") { Ink = SKColors.Black, Paper = SKColors.Transparent },
        new("transparent background, light ink") { Ink = s_white, Paper = SKColors.Transparent },
        new("16 to 24 pixels")
        {
            Width = 16,
            Height = 16,
            Grow = 8,
            Share = 0.75,
            Pen = 0.11,
        },
        new("2,000 pixels, thin pen")
        {
            Width = 2000,
            Height = 1500,
            Pen = 0.025,
            Format = SKEncodedImageFormat.Jpeg,
        },
        new("wide sheet")
        {
            Width = 900,
            Height = 200,
            Anywhere = true,
            Share = 0.6,
        },
        new("specks of dust")
        {
            Width = 600,
            Height = 600,
            Specks = 25,
        },
        new("photo")
        {
            Width = 1000,
            Height = 750,
            Ink = new(45, 50, 80),
            Paper = new(225, 215, 195),
            Light = 0.45,
            Noise = 8,
            Share = 0.45,
            Anywhere = true,
            Format = SKEncodedImageFormat.Jpeg,
        },
        new("photo with a shadow")
        {
            Width = 1000,
            Height = 750,
            Ink = new(45, 50, 80),
            Paper = new(225, 215, 195),
            Light = 0.2,
            Shadow = 0.5,
            Noise = 6,
            Share = 0.5,
            Format = SKEncodedImageFormat.Jpeg,
        },
        new("photo in dim light")
        {
            Width = 640,
            Height = 480,
            Ink = new(40, 40, 45),
            Paper = new(120, 110, 95),
            Light = 0.4,
            Noise = 22,
            Format = SKEncodedImageFormat.Jpeg,
        },
        new("photo of a pencil")
        {
            Width = 800,
            Height = 800,
            Ink = new(150, 150, 155),
            Paper = new(228, 224, 218),
            Light = 0.25,
            Noise = 6,
            Pen = 0.035,
            Format = SKEncodedImageFormat.Jpeg,
        },
        new("photo of chalk on a board")
        {
            Width = 800,
            Height = 600,
            Ink = new(215, 220, 210),
            Paper = new(40, 70, 55),
            Light = 0.4,
            Noise = 9,
            Pen = 0.09,
            Format = SKEncodedImageFormat.Jpeg,
        },
    ];

    private readonly Lazy<byte[]> _file;

    private Drawing(Look look, int digit, int seed)
    {
        (Manner, Digit) = (look.Manner, digit);
        _file = new Lazy<byte[]>(() => Draw(look, digit, new Random(seed)));
    }

    internal string Manner { get; }

    internal int Digit { get; }

    /// <summary>The bytes of an image file.</summary>
    internal byte[] File => _file.Value;

    /// <summary>Every digit in every manner. Seeds far from each other, for those of neighbours begin alike.</summary>
    internal static IEnumerable<Drawing> All(int seed) =>
        s_looks.SelectMany(
            (look, l) =>
                Enumerable
                    .Range(0, 10)
                    .Select(digit => new Drawing(look, digit, unchecked((seed * 10_000 + l * 10 + digit) * (int)0x9E3779B1)))
        );

    private static byte[] Draw(Look look, int digit, Random random)
    {
        int grow = random.Next(look.Grow + 1),
            width = look.Width + grow,
            height = look.Height + grow;
        (SKColor ink, SKColor paper) = look.Coloured ? s_colours[digit] : (look.Ink, look.Paper);
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        using (var canvas = new SKCanvas(bitmap))
        using (SKPath path = Handwriting.Draw(digit, random))
        using (
            var pen = new SKPaint
            {
                Color = ink,
                Style = SKPaintStyle.Stroke,
                StrokeCap = SKStrokeCap.Round,
                StrokeJoin = SKStrokeJoin.Round,
                IsAntialias = true,
                StrokeWidth = (float)(100 * look.Pen * (0.8 + 0.4 * random.NextDouble())),
            }
        )
        {
            canvas.Clear(paper);
            if (look.Gradient > 0)
            {
                PaintGradient(canvas, paper, look.Gradient, width, height, random);
            }

            double scale = look.Share * Math.Min(width, height) / 100;
            double roomX = (width - 115 * scale) / 2,
                roomY = (height - 115 * scale) / 2;
            double reach = look.Anywhere ? 1 : 0.3;
            canvas.Translate((float)(width / 2.0 + reach * roomX * Around(random)), (float)(height / 2.0 + reach * roomY * Around(random)));
            canvas.Scale((float)scale);
            // At least half of it, or it would be no manner of its own.
            canvas.RotateDegrees((float)(look.Turn * (random.Next(2) == 0 ? -1 : 1) * (0.5 + 0.5 * random.NextDouble())));
            canvas.Translate(-50, -50);
            canvas.DrawPath(path, pen);
        }
        if (look.Specks > 0)
        {
            Scatter(bitmap, look, random);
        }

        if (look.Noise > 0)
        {
            Photograph(bitmap, look, random);
        }

        using SKData data = bitmap.Encode(look.Format, look.Format == SKEncodedImageFormat.Jpeg ? 75 : 90);
        return data.ToArray();
    }

    private static double Around(Random random) => 2 * random.NextDouble() - 1;

    private static void PaintGradient(SKCanvas canvas, SKColor paper, double strength, int width, int height, Random random)
    {
        SKColor Darker(double by) => new((byte)(paper.Red * by), (byte)(paper.Green * by), (byte)(paper.Blue * by));
        double angle = 2 * Math.PI * random.NextDouble(),
            reach = Math.Max(width, height) / 2.0;
        SKPoint At(double sign) =>
            new((float)(width / 2.0 + sign * reach * Math.Cos(angle)), (float)(height / 2.0 + sign * reach * Math.Sin(angle)));
        using SKShader shader = SKShader.CreateLinearGradient(At(-1), At(1), [paper, Darker(1 - strength)], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        canvas.DrawPaint(paint);
    }

    private static void Scatter(SKBitmap bitmap, Look look, Random random)
    {
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = look.Ink, IsAntialias = true };
        for (int i = 0; i < look.Specks; i++)
        {
            float radius = (float)(0.008 * bitmap.Width * random.NextDouble());
            canvas.DrawCircle(bitmap.Width * random.NextSingle(), bitmap.Height * random.NextSingle(), radius, paint);
        }
    }

    /// <summary>Light that falls off to one side and to the corners, a shadow with a soft edge, and a sensor's noise.</summary>
    private static void Photograph(SKBitmap bitmap, Look look, Random random)
    {
        int width = bitmap.Width,
            height = bitmap.Height;
        double angle = 2 * Math.PI * random.NextDouble(),
            shadowAngle = 2 * Math.PI * random.NextDouble(),
            shadowAt = 0.4 * Around(random);
        (double sin, double cos) = (Math.Sin(angle), Math.Cos(angle));
        (double shadowSin, double shadowCos) = (Math.Sin(shadowAngle), Math.Cos(shadowAngle));
        byte[] bytes = bitmap.Bytes;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double u = 2.0 * x / width - 1,
                    v = 2.0 * y / height - 1;
                double light = 1 - look.Light * (0.5 + 0.35 * (u * cos + v * sin) + 0.15 * (u * u + v * v));
                double into = (u * shadowCos + v * shadowSin - shadowAt) / 0.06;
                light *= 1 - look.Shadow / (1 + Math.Exp(-into));
                for (int c = 0; c < 3; c++)
                {
                    int i = 4 * (y * width + x) + c;
                    bytes[i] = (byte)Math.Clamp(bytes[i] * light + look.Noise * Normal(random), 0, 255);
                }
            }
        }
        System.Runtime.InteropServices.Marshal.Copy(bytes, 0, bitmap.GetPixels(), bytes.Length);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <param name="Manner">What the table calls it.</param>
    private sealed record Look(string Manner)
    {
        internal int Width { get; init; } = 300;

        internal int Height { get; init; } = 300;

        internal int Grow { get; init; } // Up to so many pixels more.

        internal double Share { get; init; } = 0.7; // The digit's height, of the image's shorter side.

        internal double Pen { get; init; } = 0.09; // The stroke's width, of the digit's height.

        internal double Turn { get; init; } // Degrees, either way.

        internal bool Anywhere { get; init; }

        internal SKColor Ink { get; init; } = s_black;

        internal SKColor Paper { get; init; } = s_white;

        internal bool Coloured { get; init; }

        internal double Gradient { get; init; } // How much darker the far end is.

        internal int Specks { get; init; }

        internal double Light { get; init; }

        internal double Shadow { get; init; }

        internal double Noise { get; init; }

        internal SKEncodedImageFormat Format { get; init; } = SKEncodedImageFormat.Png;
    }
}
