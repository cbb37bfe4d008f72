import Experiments
import Machines
import MemoryModel
import Operations

/// Makes counting machines of settings.
struct CountingMaker: Sendable {
    private let rules: PlainConfiguration
    private let base: [(key: String, value: String)]

    private static let levels = ["l1d", "l1i", "l2"]
    private static let keys = ["size", "sets", "ways", "line", "replacement"]

    /// - Throws: ``BadInput`` where an axis is none of a counting machine.
    init(_ options: CountingOptions, axes: [MachineAxis]) throws {
        rules = try options.rules()
        base = try options.settings()
        for axis in axes {
            let parts = axis.key.split(separator: ".").map(String.init)
            guard parts.count == 2, Self.levels.contains(parts[0]), Self.keys.contains(parts[1])
            else {
                throw BadInput(
                    "\(axis.key): found an axis that a counting machine has not, expected size, sets, ways, line or "
                        + "replacement of l1d, l1i or l2, as l1d.size")
            }
        }
    }

    /// The machine with these settings.
    func build(
        _ settings: [(key: String, value: String)]
    ) -> Result<(machine: SweptMachine, bits: UInt64), AxisFault> {
        do throws(AxisFault) {
            var machine = rules
            let all = try CacheSets.resolved(base, settings) { _ in nil }
            guard let data = try cache("l1d", all) else {
                throw AxisFault(
                    place: "l1d", found: "no data cache",
                    expected: "its size (or sets), ways and line, as --l1d 32K,4,32")
            }
            machine.level1Data = data
            machine.level1Instruction = try cache("l1i", all)
            machine.level2 = try cache("l2", all)
            let faults = machine.faults
            guard faults.isEmpty else { throw AxisFault(faults) }
            return .success((.counting(machine), CacheArea.bits(of: machine)))
        } catch {
            return .failure(error)
        }
    }

    private func cache(
        _ level: String, _ settings: [(key: String, value: String)]
    ) throws(AxisFault) -> CacheConfiguration? {
        var values: [String: String] = [:]
        for (key, value) in settings where key.hasPrefix(level + ".") {
            values[String(key.dropFirst(level.count + 1))] = value
        }
        guard !values.isEmpty else { return nil }
        func number(_ key: String, _ most: UInt64) throws(AxisFault) -> UInt64 {
            guard let text = values[key], let number = CacheSets.bytes(text), 1...most ~= number
            else {
                throw AxisFault(
                    place: "\(level).\(key)", found: values[key] ?? "nothing",
                    expected: "a number from 1 to \(most)"
                        + (values[key] == nil
                            ? ": a counting machine has only what is given, as --\(level)-\(key)"
                            : ""))
            }
            return number
        }
        let size = try number("size", 1 << 30)
        let ways = try number("ways", 64)
        let line = try number("line", 65_536)
        let word = values["replacement"] ?? "lru"
        guard let policy = ReplacementPolicy(rawValue: word) else {
            throw AxisFault(
                place: "\(level).replacement", found: word,
                expected: "lru or fifo in a counting machine")
        }
        return CacheConfiguration(
            size: size, ways: Int(ways), lineSize: Int(line), replacement: policy)
    }
}

/// Makes machines with time of settings.
struct TimedMaker: Sendable {
    /// A machine before a point's settings.
    struct Base: Sendable {
        var name: String
        var file: String
        var yaml: String
        var overrides: [(key: String, value: String)]
        var description: MachineDescription
    }

    /// The machines, in the order of their axis.
    let bases: [Base]

    /// - Throws: where a machine's name or file is none, or its own settings are wrong.
    init(
        _ arguments: SweepArguments, _ program: Program?, _ file: String, axes: [MachineAxis]
    ) throws {
        let names = axes.first { $0.key == MachineAxis.machineKey }?.values
        let before = try arguments.counting.settings()
        bases = try (names.map { $0.map(Optional.some) } ?? [nil]).map { name in
            var options = arguments.machine
            options.machine = name
            options.overrides = before.map { "\($0.key)=\($0.value)" }
            let (chosen, overrides) = try options.chosen(declared: program, file: file)
            // From here on it is named, so that nothing says again that it was not.
            options.machine = chosen
            let (path, yaml) = try Resources.machineFile(chosen)
            return Base(
                name: chosen, file: path, yaml: yaml, overrides: overrides,
                description: try options.description(declared: program, file: file))
        }
    }

    /// The machine with these settings.
    func build(
        _ settings: [(key: String, value: String)]
    ) -> Result<(machine: SweptMachine, bits: UInt64), AxisFault> {
        let name = settings.first { $0.key == MachineAxis.machineKey }?.value
        guard let base = bases.first(where: { name == nil || $0.name == name }) else {
            preconditionFailure("every machine of the axis was read")
        }
        do {
            let overrides = try CacheSets.resolved(
                base.overrides, settings.filter { $0.key != MachineAxis.machineKey }
            ) { base.description[$0]?.value }
            let machine = try MachineDescription.parse(
                yaml: base.yaml, file: base.file, overrides: overrides
            ).configuration
            return .success((.timed(machine), CacheArea.bits(of: machine)))
        } catch let fault as AxisFault {
            return .failure(fault)
        } catch let faults as MachineFaults {
            guard let first = faults.faults.first else { preconditionFailure("faults without one") }
            let more = faults.faults.count + faults.omitted - 1
            return .failure(
                AxisFault(
                    place: first.path.isEmpty ? first.file : first.path, found: first.found,
                    expected: first.expected + (more > 0 ? " (and \(more) more)" : "")))
        } catch {
            preconditionFailure("\(error)")
        }
    }
}

/// Caches by their number of sets.
enum CacheSets {
    /// Settings after others, with `X.sets` as the `X.size` that it makes.
    ///
    /// - Parameters:
    ///   - base: The settings that the others override.
    ///   - settings: The others.
    ///   - known: What a key has where no setting gives it.
    /// - Returns: the settings, each with a key of a machine.
    /// - Throws: ``AxisFault`` where sets cannot be made a size.
    static func resolved(
        _ base: [(key: String, value: String)], _ settings: [(key: String, value: String)],
        known: (String) -> String?
    ) throws(AxisFault) -> [(key: String, value: String)] {
        let suffix = "." + MachineAxis.setsKey
        var result = base + settings.filter { !$0.key.hasSuffix(suffix) }
        for (key, value) in settings where key.hasSuffix(suffix) {
            let level = key.dropLast(suffix.count)
            guard !settings.contains(where: { $0.key == "\(level).size" }) else {
                throw AxisFault(
                    place: key, found: "sets and a size of \(level)", expected: "one of them")
            }
            func number(_ name: String) throws(AxisFault) -> UInt64 {
                let key = "\(level).\(name)"
                let text = result.last { $0.key == key }?.value ?? known(key)
                guard let text, let number = bytes(text) else {
                    throw AxisFault(
                        place: key, found: text ?? "nothing",
                        expected: "a number, by which sets become a size")
                }
                return number
            }
            let (ways, line) = (try number("ways"), try number("line"))
            guard let sets = bytes(value), sets > 0, sets < 1 << 30, ways < 1 << 10, line < 1 << 20
            else {
                throw AxisFault(place: key, found: value, expected: "a number of sets")
            }
            result.removeAll { $0.key == "\(level).size" }
            result.append(("\(level).size", "\(sets * ways * line)"))
        }
        return result
    }

    /// A whole number with an optional binary suffix.
    static func bytes(_ text: String) -> UInt64? {
        let shifts: [Character: UInt64] = ["K": 10, "M": 20, "G": 30]
        let shift = text.last.flatMap { shifts[$0] }
        let digits = shift == nil ? text[...] : text.dropLast()
        guard 1...12 ~= digits.utf8.count, digits.utf8.allSatisfy({ 48...57 ~= $0 }) else {
            return nil
        }
        guard let number = UInt64(digits), number <= .max >> (shift ?? 0) else { return nil }
        return number << (shift ?? 0)
    }
}

extension AxisFault {
    /// The first of a configuration's faults, and how many more there are.
    init(_ faults: [ConfigurationFault]) {
        let first = faults[0]
        let more = faults.count > 1 ? " (and \(faults.count - 1) more)" : ""
        self.init(place: first.path, found: first.found, expected: first.expected + more)
    }
}
