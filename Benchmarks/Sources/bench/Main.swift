import Foundation
import Machines
import MemoryModel
import Operations

@main
struct Main {
    static let usage = """
        usage: bench TRACE --machine FILE [--rounds N] [--only loop|plain|timing|decode|nothing|one|stacks]
                     [--min-plain R] [--min-timing R] [--min-decode R]
               bench --machine FILE --hits N [--mix data|all]
               bench TRACE --four --machine FILE [--rounds N] [--only timing] [--min-shared R]
               bench --read TRACE [--rounds N] [--min-read R]
               bench --machine FILE --shared N [--rounds N] [--only timing] [--min-shared R]
        """

    static func option(_ name: String) -> String? {
        guard let place = CommandLine.arguments.firstIndex(of: name),
            place + 1 < CommandLine.arguments.count
        else { return nil }
        return CommandLine.arguments[place + 1]
    }

    static func number<N: LosslessStringConvertible>(_ name: String, otherwise: N) -> N {
        guard let text = option(name) else { return otherwise }
        guard let value = N(text) else { refuse("\(name): found \(text), expected a number") }
        return value
    }

    static func refuse(_ message: String) -> Never {
        FileHandle.standardError.write(Data((message + "\n").utf8))
        exit(2)
    }

    static func main() {
        do { try measure() } catch { refuse("\(error)") }
    }

    private static func measure() throws {
        if let trace = option("--read") {
            let rounds = max(number("--rounds", otherwise: 5), 1)
            let (rate, records) = try Read.rate(trace, rounds: rounds)
            let name =
                "reading \(records) records of \(URL(fileURLWithPath: trace).lastPathComponent)"
            exit(judge(name, rate, number("--min-read", otherwise: 0)) ? 0 : 1)
        }
        guard let path = option("--machine") else { refuse(usage) }
        let yaml = try String(contentsOfFile: path, encoding: .utf8)
        let machine = try MachineDescription.parse(yaml: yaml, file: path).configuration
        if option("--hits") != nil {
            runHits(machine)
        } else if option("--shared") != nil || CommandLine.arguments.contains("--four") {
            try runShared(machine)
        } else {
            try runTrace(CommandLine.arguments[1], machine)
        }
    }

    private static func runHits(_ machine: MachineConfiguration) {
        let count = number("--hits", otherwise: 0)
        guard (1...Hits.capacity).contains(count) else {
            refuse("--hits: found \(count), expected 1 to \(Hits.capacity)")
        }
        guard let mix = Hits.Mix(rawValue: option("--mix") ?? "all") else { refuse(usage) }
        print("\(count) accesses, \(Hits(mix).run(count, on: machine)) misses")
    }

    /// Four cores on shared lines, of a program or with `--shared` at random: the rate against the C loop.
    private static func runShared(_ machine: MachineConfiguration) throws {
        guard machine.core.count >= Shared.cores else {
            refuse("found a machine of \(machine.core.count) cores, expected \(Shared.cores)")
        }
        let isRandom = option("--shared") != nil
        let count = number("--shared", otherwise: 1_000)
        guard count >= 1_000 else { refuse("--shared: found \(count), expected 1000 or more") }
        let shared =
            isRandom
            ? Shared(count: count)
            : try Shared(path: CommandLine.arguments[1])
        guard option("--only") == nil else {
            print("\(shared.count) accesses, \(shared.runTiming(machine)) ps")
            return
        }
        let rounds = number("--rounds", otherwise: 9)
        let (ratio, loop, timing) = shared.compare(rounds: rounds, machine: machine)
        print(
            "\(shared.count) accesses of \(Shared.cores) cores on shared lines, \(rounds) rounds, medians"
        )
        print(String(format: "  C loop, gcc -O2         %7.1f M accesses/s", loop))
        print(String(format: "  staleline, full timing  %7.1f M accesses/s", timing))
        let isFast = judge(
            "four cores " + (isRandom ? "at random shared words" : "share a program's memory"),
            ratio, number("--min-shared", otherwise: 0))
        exit(isFast ? 0 : 1)
    }

    private static func runTrace(_ path: String, _ machine: MachineConfiguration) throws {
        let trace = try LoadedTrace(path: path)
        let level1 = CacheConfiguration(size: 32 << 10, ways: 4, lineSize: 32)
        let level2 = CacheConfiguration(size: 512 << 10, ways: 8, lineSize: 32)
        let bench = Bench(
            accesses: UnsafeBufferPointer(trace.accesses),
            plain: PlainConfiguration(
                level1Instruction: level1, level1Data: level1, level2: level2),
            machine: machine)
        switch option("--only") {
        case "loop": print(bench.runLoop())
        case "plain": print(try bench.runPlain())
        case "timing": print(bench.runTiming())
        case "nothing": print(bench.accesses.count)
        case "one": print(try bench.runOne())
        case "stacks": print(bench.runStacks())
        case "decode":
            let ratio = try bench.compareDecoding(rounds: number("--rounds", otherwise: 9))
            let isFast = judge(
                "reading the binary format, of what is asked", ratio,
                number("--min-decode", otherwise: 0))
            exit(isFast ? 0 : 1)
        default:
            let ratios = try bench.compare(rounds: number("--rounds", otherwise: 9))
            let isPlainFast = judge(
                "counting against the C loop", ratios.plain, number("--min-plain", otherwise: 0))
            let isTimingFast = judge(
                "full timing against the C loop", ratios.timing,
                number("--min-timing", otherwise: 0))
            exit(isPlainFast && isTimingFast ? 0 : 1)
        }
    }

    /// Prints a figure with its threshold, in the columns of tools/bench.sh.
    private static func judge(_ name: String, _ ratio: Double, _ least: Double) -> Bool {
        let padded = name.padding(toLength: 52, withPad: " ", startingAt: 0)
        let verdict = ratio >= least ? "pass" : "FAIL"
        print(padded + String(format: "%8.2f   at least %6.2f   ", ratio, least) + verdict)
        return ratio >= least
    }
}
