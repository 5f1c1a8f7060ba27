using Onebit.Training;

namespace Onebit.Study;

/// <summary>What a study measures of finished runs. The trainings know nothing of it.</summary>
internal interface IStudyTask
{
    /// <summary>What is wrong with the packed model beside a finished run; null: nothing.</summary>
    string? FindMistake(RunResult run, string folder);
}
