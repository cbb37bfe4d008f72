import ArgumentParser
import Foundation
import Machines
import MemoryModel
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
            difference, 2 bad input.
            """)

    @Option(help: "The seed of the first program; the next ones have the next seeds.")
    var seed: UInt64 = 1

    @Option(help: "How long. Default: 1, or without an end with --programs.")
    var minutes: Double?

    @Option(help: "How many programs at most.")
    var programs: UInt64?

    @Option(
        help: ArgumentHelp(
            "Only programs of one kind: "
                + SoakKind.allCases.map(\.rawValue).joined(separator: ", ") + ".",
            valueName: "kind"))
    var kind: String?

    @Option(help: "How many programs at once. Default: as many as there are processors.")
    var jobs: Int?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Write the reduced trace of a difference.", valueName: "file"))
    var output: String?

    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.soak/1) at the end, and nothing before.")
    var json = false

    /// Refuses what is no length, no number and no kind.
    func validate() throws {
        if let minutes, !(minutes > 0 && minutes <= 1e6) {
            throw ValidationError("--minutes \(minutes): expected above 0 and at most 1000000")
        }
        if let programs, programs == 0 {
            throw ValidationError("--programs 0: expected at least 1")
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
        var machines: [String: MachineConfiguration] = [:]
        for name in SoakSubject.machineNames {
            machines[name] = try Resources.machine(name).configuration
        }
        return SoakSubject(machines: machines)
    }

    /// What is run.
    func plan(_ subject: SoakSubject) -> SoakRun {
        SoakRun(
            first: seed, programs: programs, kind: kind.flatMap(SoakKind.init(rawValue:)),
            subject: subject)
    }

    func run() async throws {
        let plan = try plan(Self.subject())
        let jobs = jobs ?? ProcessInfo.processInfo.activeProcessorCount
        let clock = SoakClock(
            minutes: minutes ?? (programs == nil ? 1 : nil),
            cores: min(jobs, ProcessInfo.processInfo.activeProcessorCount))
        SoakSignals.watch(plan.kind)
        let result = await plan.run(
            jobs: jobs, while: { clock.goesOn && SoakSignals.interruption == nil },
            begin: SoakSignals.note,
            tell: { block, done in
                guard !json else { return }
                let rate = clock.rate(of: block.tally.programs)
                Output.write(block.line(done: done, rate: rate) + "\n")
                Output.flush()
            })
        let end = SoakEnd(
            result: result, seconds: clock.seconds,
            rate: clock.wholeRate(of: result.tally.programs),
            isInterrupted: SoakSignals.interruption != nil)
        Output.write(json ? end.json(first: seed).text + "\n" : end.text)
        Output.flush()
        if let difference = result.difference {
            if let output { try OutputTarget.write(Array(difference.trace.utf8), to: output) }
            throw ExitCode(1)
        }
        if let number = SoakSignals.interruption { SoakSignals.end(number) }
    }
}

/// The time that a soak takes.
final class SoakClock {
    private let start = MonotonicTime.nanoseconds
    private let end: UInt64?
    private let cores: Int
    private var lastTold: UInt64

    /// Starts now; nil: without an end.
    init(minutes: Double?, cores: Int) {
        self.cores = max(cores, 1)
        lastTold = start
        let start = start
        end = minutes.map { start + UInt64($0 * 60e9) }
    }

    /// Whether there is time left.
    var goesOn: Bool { end.map { MonotonicTime.nanoseconds < $0 } ?? true }

    /// How many whole seconds have passed.
    var seconds: UInt64 { (MonotonicTime.nanoseconds - start) / 1_000_000_000 }

    /// How many programs a second, and for each core, since the last time that this was asked.
    func rate(of programs: Int) -> (all: Int, each: Int) {
        defer { lastTold = MonotonicTime.nanoseconds }
        return rate(of: programs, since: lastTold)
    }

    /// The same since the start.
    func wholeRate(of programs: Int) -> (all: Int, each: Int) { rate(of: programs, since: start) }

    private func rate(of programs: Int, since begin: UInt64) -> (all: Int, each: Int) {
        let taken = Double(max(MonotonicTime.nanoseconds - begin, 1)) / 1e9
        let all = Double(programs) / taken
        return (Int(all), Int(all / Double(cores)))
    }
}
