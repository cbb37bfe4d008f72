import ArgumentParser
import Foundation
import Machines
import Soak

/// `staleline soak`.
struct SoakCommand: AsyncParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Hold models, laws and the detector to each other on random programs.",
        discussion: """
            Each seed is a program: a random program on a random machine, which the model and a second one must run \
            alike and without breaking a law; a random trace, of which the may-analysis and `prove` must say the same; \
            or a random driver, in which nothing may be found before it is given a fault, and something must be then if \
            the fault has an effect. A line for each thousand. The first difference ends the run: it is reduced and \
            printed with the command that shows it again. See docs/soak.md. Exit status: 0 no difference, 1 a \
            difference, 2 bad input, 3 a limit was reached.
            """)

    @Option(help: "The seed of the first program; the next ones have the next seeds.")
    var seed: UInt64 = 1

    @Option(help: "How long. Default: 1, or without an end with --programs.")
    var minutes: Double?

    @Option(help: "How many programs at most, up to 2^48.")
    var programs: UInt64?

    @Option(
        help: ArgumentHelp(
            "Only programs of one kind: "
                + SoakKind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "kind"))
    var kind: String?

    @Option(
        help:
            "How many programs at once, at most as many as there are processors. Default: as many.")
    var jobs: Int?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            "Write the reduced trace of a difference; without one nothing is written.",
            valueName: "file"))
    var output: String?

    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.soak/1) at the end, and nothing before.")
    var json = false

    /// Refuses what is no length, no number and no kind.
    func validate() throws {
        try OutputTarget.refuse(output, beside: json)
        if let minutes, !(minutes > 0 && minutes <= 1e6) {
            throw ValidationError("--minutes \(minutes): expected above 0 and at most 1000000")
        }
        if let programs, !(1...SoakRun.mostPrograms ~= programs) {
            throw ValidationError(
                "--programs \(programs): expected 1 to \(SoakRun.mostPrograms)")
        }
        if let jobs, !(1...1_024 ~= jobs) {
            throw ValidationError("--jobs \(jobs): expected 1 to 1024")
        }
        if let kind, SoakKind(rawValue: kind) == nil {
            throw ValidationError(
                "--kind \(kind): expected one of "
                    + SoakKind.allCases.map(\.rawValue).joined(separator: ", "))
        }
    }

    /// What is looked at: all as it is, on the machines that come with the program.
    static func subject() throws -> SoakSubject {
        try SoakSubject { try Resources.machine($0).configuration }
    }

    /// What is run.
    func plan(_ subject: SoakSubject) -> SoakRun {
        SoakRun(
            first: seed, programs: programs, kind: kind.flatMap(SoakKind.init(rawValue:)),
            subject: subject)
    }

    func run() async throws {
        if let output { try OutputTarget.check(output) }
        let plan = try plan(Self.subject())
        let processors = ProcessInfo.processInfo.activeProcessorCount
        let jobs = min(jobs ?? processors, processors)
        let clock = SoakClock(
            minutes: minutes ?? (programs == nil ? 1 : nil),
            cores: Int(min(UInt64(jobs), plan.batches ?? .max)))
        SoakSignals.watch(plan.kind)
        let result = await plan.run(
            jobs: jobs, while: { clock.goesOn && SoakSignals.interruption == nil },
            begin: SoakSignals.note,
            tell: { block, done in
                guard !json else { return }
                let rate = clock.rate(of: block.tally.programs)
                Output.write(block.line(done: done, rate: rate) + "\n")
                Output.flush()
            },
            end: clock.stop, reducing: { SoakSignals.interruption == nil })
        let end = SoakEnd(
            result: result, seconds: clock.seconds,
            rate: clock.wholeRate(of: result.tally.programs),
            isInterrupted: SoakSignals.interruption != nil,
            output: output == "-" ? nil : output)
        Output.write(json ? end.json(first: seed).text + "\n" : end.text)
        Output.flush()
        if let difference = result.difference {
            if let output { try OutputTarget.write(Array(difference.trace.utf8), to: output) }
            throw ExitCode(1)
        }
        if let number = SoakSignals.interruption { SoakSignals.end(number) }
    }
}
