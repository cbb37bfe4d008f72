import ArgumentParser
import Experiments
import Foundation
import Machines
import MemoryModel

/// One cache's axes on the command line.
struct CacheAxes {
    var level: String
    var size: String?
    var sets: String?
    var ways: String?
    var line: String?
    var policy: String?

    /// The keys with their values, and the options that gave them.
    var given: [(key: String, text: String, option: String)] {
        [
            ("size", size, "size"), ("sets", sets, "sets"), ("ways", ways, "ways"),
            ("line", line, "line"), ("replacement", policy, "policy"),
        ].compactMap { key, text, option in
            text.map { ("\(level).\(key)", $0, "--\(level)-\(option)") }
        }
    }
}

/// What a sweep varies.
struct AxisOptions: ParsableArguments {
    @Option(name: .customLong("l1d-size"), help: "Sizes of L1D, as 8K..64K (doubling) or 8K,32K.")
    var l1dSize: String?
    @Option(name: .customLong("l1d-sets"), help: "Sets of L1D, in the place of sizes.")
    var l1dSets: String?
    @Option(name: .customLong("l1d-ways"), help: "Ways of L1D, as 1,2,4 or 1..8+1.")
    var l1dWays: String?
    @Option(name: .customLong("l1d-line"), help: "Bytes of L1D's lines, as 16..64.")
    var l1dLine: String?
    @Option(name: .customLong("l1d-policy"), help: "Replacement in L1D, as lru,plru,random.")
    var l1dPolicy: String?
    @Option(name: .customLong("l1i-size"), help: "The same of L1I.") var l1iSize: String?
    @Option(name: .customLong("l1i-sets")) var l1iSets: String?
    @Option(name: .customLong("l1i-ways")) var l1iWays: String?
    @Option(name: .customLong("l1i-line")) var l1iLine: String?
    @Option(name: .customLong("l1i-policy")) var l1iPolicy: String?
    @Option(name: .customLong("l2-size"), help: "The same of the second level.")
    var l2Size: String?
    @Option(name: .customLong("l2-sets")) var l2Sets: String?
    @Option(name: .customLong("l2-ways")) var l2Ways: String?
    @Option(name: .customLong("l2-line")) var l2Line: String?
    @Option(name: .customLong("l2-policy")) var l2Policy: String?
    @Option(name: .customLong("l3-size"), help: "The same of the third level.")
    var l3Size: String?
    @Option(name: .customLong("l3-sets")) var l3Sets: String?
    @Option(name: .customLong("l3-ways")) var l3Ways: String?
    @Option(name: .customLong("l3-line")) var l3Line: String?
    @Option(name: .customLong("l3-policy")) var l3Policy: String?
    @Option(
        name: .customLong("axes"),
        help: "A file (YAML) of axes: a machine's keys, each with a list or a range.")
    var file: String?

    /// The axes of the file, of the options, and of `--set`, in this order; a machine's names come first of all.
    ///
    /// - Throws: what is wrong with one of them.
    func axes(machine: String?, overrides: [String]) throws -> [MachineAxis] {
        var axes: [MachineAxis] = []
        if let file {
            axes = try AxisFile.parse(yaml: Resources.text(of: file), file: file).map { entry in
                try MachineAxis(key: entry.key, parsing: entry.values, place: entry.place)
            }
        }
        var given = [
            CacheAxes(
                level: "l1d", size: l1dSize, sets: l1dSets, ways: l1dWays, line: l1dLine,
                policy: l1dPolicy),
            CacheAxes(
                level: "l1i", size: l1iSize, sets: l1iSets, ways: l1iWays, line: l1iLine,
                policy: l1iPolicy),
            CacheAxes(
                level: "l2", size: l2Size, sets: l2Sets, ways: l2Ways, line: l2Line,
                policy: l2Policy),
            CacheAxes(
                level: "l3", size: l3Size, sets: l3Sets, ways: l3Ways, line: l3Line,
                policy: l3Policy),
        ].flatMap(\.given)
        for text in overrides {
            guard let equals = text.firstIndex(of: "=") else {
                throw BadInput("--set \(text): expected KEY=VALUES, as l2.size=256K..1M")
            }
            let key = String(text[..<equals])
            given.append((key, String(text[text.index(after: equals)...]), "--set \(key)"))
        }
        axes += try given.map { try MachineAxis(key: $0.key, parsing: $0.text, place: $0.option) }
        if let machine {
            let names = try MachineAxis(
                key: MachineAxis.machineKey, parsing: machine, place: "--machine")
            axes.insert(names, at: 0)
        }
        var known: Set<String> = []
        for axis in axes where !known.insert(axis.key).inserted {
            throw BadInput("\(axis.key): found it more than once among the axes, expected it once")
        }
        return axes
    }
}

/// The counting machine of a sweep.
struct CountingOptions: ParsableArguments {
    @Flag(help: "Counting machines (LRU in one pass for all sizes and ways) instead of timed ones.")
    var plain = false
    @Option(help: "L1 data cache before the axes, as 32K,4,32.") var l1d: String?
    @Option(help: "L1 instruction cache before the axes.") var l1i: String?
    @Option(help: "Second level before the axes.") var l2: String?
    @Option(help: "What crossing a line counts as: split, first, once, each (--plain).")
    var straddle: String?
    @Flag(help: "Fetch a line even for a store that covers all of it (--plain).")
    var fetchWholeLines = false
    @Flag(help: "Do not write dirty L1 victims to L2 (--plain).")
    var dropVictims = false

    /// The caches as settings of a machine's keys.
    func settings() throws -> [(key: String, value: String)] {
        try [("l1d", l1d), ("l1i", l1i), ("l2", l2)].flatMap {
            level, text -> [(key: String, value: String)] in
            guard let text else { return [] }
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                .map(String.init)
            guard parts.count == 3, !parts.contains("") else {
                throw BadInput("--\(level) \(text): expected SIZE,WAYS,LINE as 32K,4,32")
            }
            return zip(["size", "ways", "line"], parts).map { ("\(level).\($0)", $1) }
        }
    }

    /// What a counting machine counts, without its caches.
    func rules() throws -> PlainConfiguration {
        var rules = PlainConfiguration(
            level1Data: CacheConfiguration(size: 64, ways: 1, lineSize: 64),
            fetchesWholeLines: fetchWholeLines, forwardsVictims: !dropVictims)
        if let straddle {
            guard let rule = StraddleRule(rawValue: straddle) else {
                let names = StraddleRule.allCases.map(\.rawValue).joined(separator: ", ")
                throw BadInput("--straddle \(straddle): expected one of \(names)")
            }
            rules.straddle = rule
        }
        return rules
    }

    /// Refuses what only a counting machine can do.
    func refuseWithoutPlain() throws {
        let given = [
            ("--straddle", straddle != nil), ("--fetch-whole-lines", fetchWholeLines),
            ("--drop-victims", dropVictims),
        ].filter(\.1).map(\.0)
        if !plain, !given.isEmpty {
            throw BadInput(
                "\(given.joined(separator: ", ")): without --plain there is no such option")
        }
    }
}

/// Which part of the grid is run, and what is asked.
struct SelectionOptions: ParsableArguments {
    @Option(help: "A Latin hypercube of so many points in the place of the whole grid (--seed).")
    var latin: Int?
    @Option(
        help: "Only points whose caches have at most so many bits, or FROM..TO, as 300K..340K.")
    var budget: String?
    @Flag(help: "Look for hazards at every point, too.") var check = false
    @Flag(help: "Cost every mapping strategy at every point.") var strategies = false

    @Option(
        help: "Look for the points that none beats in the goals, running so many of the grid.")
    var guided: Int?
    @Option(
        help:
            "What a guided search makes small. Default: area.bits,time.ns (--plain: L1D.missRate).")
    var goals: String?

    /// The search, if one was asked for.
    func search(seed: UInt64, isPlain: Bool) throws -> GuidedSearch? {
        guard let guided else {
            guard goals == nil else { throw BadInput("--goals: without --guided there are none") }
            return nil
        }
        guard latin == nil else {
            throw BadInput("--guided and --latin: expected one of them at a time")
        }
        guard 1...SweepPlan.mostPoints ~= guided else {
            throw BadInput("--guided \(guided): expected 1 to \(SweepPlan.mostPoints)")
        }
        let text = goals ?? (isPlain ? "area.bits,L1D.missRate" : "area.bits,time.ns")
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard 1...8 ~= names.count, !names.contains(""), Set(names).count == names.count else {
            throw BadInput("--goals \(text): expected names of metrics, as area.bits,time.ns")
        }
        return GuidedSearch(goals: names, points: guided, seed: seed)
    }

    /// What is asked of each point.
    func question() throws -> SweepRun.Question {
        guard !(check && strategies) else {
            throw BadInput("--check and --strategies: expected one of them at a time")
        }
        return check ? .check : strategies ? .compare : .replay
    }

    /// The budget in bits.
    func bits() throws -> ClosedRange<UInt64>? {
        guard let budget else { return nil }
        let sides = budget.components(separatedBy: "..")
        let ends = sides.compactMap(CacheSets.bytes)
        guard ends.count == sides.count, 1...2 ~= ends.count, ends[0] <= ends[ends.count - 1],
            ends[ends.count - 1] > 0
        else {
            throw BadInput(
                "--budget \(budget): expected bits, or FROM..TO, as 300K (1K is 1024) or 300K..340K"
            )
        }
        return ends.count == 1 ? 0...ends[0] : ends[0]...ends[1]
    }
}
