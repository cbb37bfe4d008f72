import ArgumentParser
import Experiments
import MemoryModel
import Operations
import Reports
import Traces

/// `staleline replay`.
struct ReplayCommand: ParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Hits, misses, traffic and cycles by cause.",
        discussion: """
            --plain is the counting machine: one core, LRU unless --replacement says otherwise, write-back, write-allocate, no store buffer, no \
            prefetch, no time; a dirty L1 victim is written to L2 after the demand fetch. Without --l1i its \
            fetches are ignored. Sizes are SIZE,WAYS,LINE as 32K,4,32. docs/counting.md says which options \
            are which other simulator's definitions. Exit status: 0 done, 2 bad input, 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var symbols: SymbolOptions
    @Flag(help: "The counting machine instead of a timed one.") var plain = false
    @Option(help: "L1 instruction cache, as 32K,4,32.") var l1i: String?
    @Option(help: "L1 data cache, as 32K,4,32.") var l1d: String?
    @Option(help: "Second level, as 512K,8,32.") var l2: String?
    @Option(help: "What crossing a line counts as: split, first, once, each (--plain).")
    var straddle: String?
    @Option(help: "Which line leaves a full set: lru, fifo (--plain).")
    var replacement: String?
    @Option(
        help: "What L2 holds: none, all that passes; victim, what L1 evicts (--plain).")
    var inclusion: String?
    @Flag(help: "A store that hits does not make its line the most recent (--plain).")
    var storesKeepOrder = false
    @Flag(help: "Write dirty lines back at the end, L1 first, and count that (--plain).")
    var finalFlush = false
    @Flag(
        help: "Fetch a line even for a store that covers all of it, as drcachesim does (--plain).")
    var fetchWholeLines = false
    @Flag(help: "Do not write dirty L1 victims to L2, as drcachesim and cachegrind (--plain).")
    var dropVictims = false
    @OptionGroup var limits: LimitOptions
    @Flag(
        help: "Print JSON (schema staleline.replay/1; of a sample of perf: staleline.samples/1)."
    )
    var json = false

    func run() throws {
        let opened = try trace.open(allowingCut: true)
        if case .samples(let reader) = opened {
            let report = SampleReport(try SampleResult(reader))
            Output.write(json ? report.json.text + "\n" : report.text)
            return
        }
        if plain {
            try symbols.refuse("the counting machine has no time to share out among functions")
            let report = PlainReport(try replayPlain(opened))
            Output.write(json ? report.json.text + "\n" : report.text)
            return
        }
        let plainOnly = [
            ("--final-flush", finalFlush), ("--straddle", straddle != nil),
            ("--fetch-whole-lines", fetchWholeLines), ("--drop-victims", dropVictims),
            ("--stores-keep-order", storesKeepOrder), ("--replacement", replacement != nil),
            ("--inclusion", inclusion != nil),
        ].filter(\.1).map(\.0)
        if !plainOnly.isEmpty {
            throw BadInput(
                "\(plainOnly.joined(separator: ", ")): without --plain there is no such option")
        }
        var declared: (program: Program, file: String)?
        if case .program(let program, let file) = opened { declared = (program, file) }
        let description = try timedMachine().description(
            declared: declared?.program, file: declared?.file ?? "")
        if machine.printConfig {
            Output.write(description.effectiveYAML())
            return
        }
        let report = ReplayReport(try replay(opened, on: description.configuration))
        Output.write(json ? report.json.text + "\n" : report.text)
    }

    private func replay(
        _ opened: OpenedTrace, on configuration: MachineConfiguration
    ) throws -> ReplayResult {
        let functions = try symbols.functions()
        func setup(_ program: Program, _ file: String) throws -> Setup {
            try Setup(
                program, file: file, machine: configuration, kernel: machine.era(),
                seed: machine.seed)
        }
        let result: ReplayResult
        switch opened {
        case .program(let program, let file):
            result =
                if let functions {
                    try Replay.run(setup(program, file), functions: functions)
                } else { try Replay.run(setup(program, file)) }
        case .accesses(let reader as BinaryAccessReader):
            result = try Replay.run(reader, file: trace.trace, functions: functions) {
                try setup($0, trace.trace)
            }
        case .accesses(let reader):
            result = try Replay.run(
                reader, machine: configuration, functions: functions, seed: machine.seed)
        case .recording(let reader):
            try symbols.refuse(
                "a recording has no table by function; convert it to .slt or .sltb first")
            result = try Replay.run(reader, machine: configuration, seed: machine.seed)
            note(reader)
        case .samples: throw OpenedTrace.isSample("replay")
        case .kernelLog: throw OpenedTrace.isLog("replay")
        }
        if let functions = result.functions,
            functions.allSatisfy({ $0.name == FunctionProfile.unknown })
        {
            Diagnostics.note(
                "staleline: no fetch or @pc= of the trace is in \(symbols.elf.joined(separator: ", ")): is the offset "
                    + "right (--elf FILE@OFFSET)?")
        }
        return result
    }

    /// The machine options with the cache options as overrides of their keys.
    private func timedMachine() throws -> MachineOptions {
        var options = machine
        for (level, text) in [("l1i", l1i), ("l1d", l1d), ("l2", l2)] {
            guard let text else { continue }
            let parts = try Self.parts(text, level)
            options.overrides += zip(["size", "ways", "line"], parts).map { "\(level).\($0)=\($1)" }
        }
        return options
    }

    private static func parts(_ text: String, _ option: String) throws -> [String] {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts.contains("") else {
            throw BadInput("--\(option) \(text): expected SIZE,WAYS,LINE as 32K,4,32")
        }
        return parts
    }

    private static func cache(_ text: String, _ option: String) throws -> CacheConfiguration {
        let parts = try parts(text, option)
        guard let size = bytes(parts[0]), let ways = Int(parts[1]), let line = Int(parts[2]),
            (1...64).contains(ways), (1...65_536).contains(line)
        else {
            throw BadInput(
                "--\(option) \(text): expected a size (suffix K or M), 1 to 64 ways and a line in bytes, as 32K,4,32"
            )
        }
        let cache = CacheConfiguration(size: size, ways: ways, lineSize: line)
        let faults = cache.faults(path: option)
        if !faults.isEmpty { throw ConfigurationFaults(faults) }
        return cache
    }

    private static func bytes(_ text: String) -> UInt64? {
        let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30]
        guard let last = text.last, let shift = shifts[Character(last.uppercased())] else {
            return UInt64(text)
        }
        guard let number = UInt64(text.dropLast()), number < 1 << 20 else { return nil }
        return number << shift
    }

    /// The replacement policies of the counting machine.
    private enum PlainReplacement: String, CaseIterable {
        case lru, fifo

        var policy: ReplacementPolicy { self == .lru ? .lru : .fifo }
    }

    /// What an option's word names; nil if the option was not given.
    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ text: String?, _ option: String
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("--\(option) \(text): expected one of \(names)")
        }
        return choice
    }

    private func replayPlain(_ opened: OpenedTrace) throws -> PlainReplayResult {
        guard let l1d else { throw BadInput("--plain needs --l1d, as 32K,4,32") }
        let policy: PlainReplacement = try Self.choice(replacement, "replacement") ?? .lru
        func cache(_ text: String, _ option: String) throws -> CacheConfiguration {
            var cache = try Self.cache(text, option)
            cache.replacement = policy.policy
            return cache
        }
        let configuration = PlainConfiguration(
            level1Instruction: try l1i.map { try cache($0, "l1i") },
            level1Data: try cache(l1d, "l1d"), level2: try l2.map { try cache($0, "l2") },
            straddle: try Self.choice(straddle, "straddle") ?? .split,
            fetchesWholeLines: fetchWholeLines, forwardsVictims: !dropVictims,
            storesKeepOrder: storesKeepOrder,
            inclusion: try Self.choice(inclusion, "inclusion") ?? .none)
        switch opened {
        case .accesses(let reader):
            return try Replay.count(reader, configuration, flushes: finalFlush)
        case .program(let program, let file):
            return try Replay.count(program, file: file, configuration, flushes: finalFlush)
        case .recording(let reader):
            defer { note(reader) }
            return try Replay.count(reader, configuration, flushes: finalFlush)
        case .samples: throw OpenedTrace.isSample("replay --plain")
        case .kernelLog: throw OpenedTrace.isLog("replay --plain")
        }
    }

    /// Says what was taken for granted of a recording.
    private func note(_ reader: RecordingReader) {
        for line in RecordingRemarks.lines(reader) { Diagnostics.note(line) }
    }
}
