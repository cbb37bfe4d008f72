import ArgumentParser
import Experiments
import Foundation
import Machines
import Operations
import Reports
import Traces

extension ComparisonOrder: ExpressibleByArgument {}

/// `staleline compare`.
struct CompareCommand: AsyncParsableCommand, LimitedCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Cost every DMA mapping strategy for a trace.",
        discussion: """
            The trace's transfers are lifted and lowered again for each strategy; each is timed and checked. \
            A strategy that is wrong on this machine is marked and not ranked. A kernel log of dma tracepoints has no \
            accesses: of it, what is certain to be saved is told apart from what may be.

            --sweep size=64..1M doubles the length of the longest transfer from 64 bytes to 1 MiB, the others keeping \
            their share of it; --sweep touched=64..1M the bytes that a core touches at once of what a device moves. \
            A list, as size=64,1500,64K, is taken as it is. The places where the best strategy changes are looked for \
            between the points. See docs/compare.md. Exit status: 0 done, 2 bad input, 3 a limit was reached.
            """)

    @OptionGroup var trace: TraceOptions
    @OptionGroup var machine: MachineOptions
    @OptionGroup var log: LogOptions

    @Option(help: "Machines side by side, as zynq7000,rpi4, or all.")
    var machines: String?

    @Option(help: "Only these strategies, as streaming,coherent. Default: all.")
    var strategies: String?

    @Option(
        name: .customLong("by"),
        help: "What the tables are in order by: elapsed or cpu. Default: elapsed.")
    var order: ComparisonOrder?

    @Option(help: "Make the longest transfer so long, the others keeping their share of it.")
    var size: String?

    @Option(help: "Let a core touch at most so many bytes at once of what a device moves.")
    var touched: String?

    @Option(help: "Let each loop of the trace go round at most so often.")
    var passes: UInt64?

    @Option(help: "Without these strategies, as coherent-port,on-chip.")
    var without: String?

    @Option(help: "Vary one of these: size=64..1M, touched=64..1M.")
    var sweep: String?

    @Option(
        name: [.short, .long], help: "Also write a chart (.svg), a page (.html), .json or .txt.")
    var output: String?

    @Option(help: "How many runs at once. Default: as many as there are processors.")
    var jobs: Int?

    @Flag(
        inversion: .prefixedNo,
        help: "Vary the machine's uncertain numbers and see whether the recommendation holds.")
    var sensitivity = true

    @OptionGroup var limits: LimitOptions
    @Flag(help: "Print JSON (schema staleline.compare/1, compare-sweep/1 or compare-machines/1).")
    var json = false

    func run() async throws {
        let opened = try trace.open()
        if case .kernelLog(let reader) = opened {
            try refuseForLog()
            try compare(reader)
            return
        }
        try log.refuseWithoutLog()
        let (program, file) = try opened.program(for: "compare")
        if machine.printConfig {
            Output.write(try machine.description(declared: program).effectiveYAML())
            return
        }
        let wanted = try wantedStrategies()
        let form = try output.map { try OutputForm(endOf: $0, isOfSeveral: machines != nil) }
        let shape = WorkloadShape(
            size: try size.map { try ByteCount.parse($0, "--size") },
            touched: try touched.map { try ByteCount.parse($0, "--touched") }, passes: passes)
        if let machines {
            guard sweep == nil else {
                throw BadInput("--machines and --sweep: expected one of them at a time")
            }
            try refuseOrder("--machines")
            let report = MachinesCompareReport(
                try await comparisons(program, file, on: names(machines), shape, wanted))
            try write(report.text, report.json, svg: "", html: report.html, form)
        } else if let sweep {
            try refuseOrder("--sweep")
            let setup = try machine.setup(program, file: file)
            let report = SweepReport(
                try await Compare.sweep(
                    setup, over: SweepText.axis(sweep), shape: shape, strategies: wanted,
                    jobs: workers))
            try write(report.text, report.json, svg: report.svg, html: report.html, form)
        } else {
            let report = CompareReport(
                try await comparison(machine.described(program, file, shape), wanted),
                by: order ?? .elapsed)
            try write(report.text, report.json, svg: report.svg, html: report.html, form)
        }
    }

    private func refuseOrder(_ option: String) throws {
        guard let order else { return }
        throw BadInput(
            "--by \(order.rawValue): the tables of \(option) are not in order by cost; expected it without"
        )
    }

    private var workers: Int { max(jobs ?? ProcessInfo.processInfo.activeProcessorCount, 1) }

    private func wantedStrategies() throws -> [Experiments.Strategy] {
        let all = Experiments.Strategy.allCases
        let wanted = try strategies.map { try Self.strategies($0, "--strategies") } ?? Set(all)
        let unwanted = try without.map { try Self.strategies($0, "--without") } ?? []
        let left = all.filter { wanted.contains($0) && !unwanted.contains($0) }
        guard !left.isEmpty else {
            throw BadInput("--without \(without ?? ""): expected that a strategy is left")
        }
        return left
    }

    private static func strategies(
        _ text: String, _ option: String
    ) throws -> Set<Experiments.Strategy> {
        let names = text.split(separator: ",").map(String.init)
        return Set(
            try names.map { name in
                guard let strategy = Experiments.Strategy(rawValue: name) else {
                    let all = Experiments.Strategy.allCases.map(\.rawValue)
                    throw BadInput(
                        "\(option) \(name): expected some of \(all.joined(separator: ", "))")
                }
                return strategy
            })
    }

    private func names(_ machines: String) throws -> [String] {
        let names = machines.split(separator: ",").map(String.init)
        guard machines != "all" else { return try Resources.catalogue().entries.map(\.name) }
        guard !names.isEmpty, names.count <= 32 else {
            throw BadInput("--machines \(machines): expected 1 to 32 names with commas between")
        }
        return names
    }

    private func comparison(
        _ described: MachineOptions.Described, _ wanted: [Experiments.Strategy]
    ) async throws -> Experiments.ComparisonResult {
        var result = try await Compare.run(described.setup, strategies: wanted, jobs: workers)
        if sensitivity {
            result.sensitivity = try await Compare.sensitivity(
                of: result, errors: { described.machine.error(of: $0) }, jobs: workers)
        }
        return result
    }

    private func comparisons(
        _ program: Program, _ file: String, on names: [String], _ shape: WorkloadShape,
        _ wanted: [Experiments.Strategy]
    ) async throws -> [Experiments.ComparisonResult] {
        // A name that is none is told before the others are run.
        let all = try names.map { name in
            var one = machine
            one.machine = name
            return try one.described(program, file, shape)
        }
        var result: [Experiments.ComparisonResult] = []
        for one in all { result.append(try await comparison(one, wanted)) }
        return result
    }

    private func refuseForLog() throws {
        let given = [
            ("--machines", machines), ("--strategies", strategies), ("--size", size),
            ("--touched", touched), ("--sweep", sweep), ("--output", output),
            ("--without", without),
            ("--passes", passes.map(String.init)), ("--by", order?.rawValue),
        ].first { $0.1 != nil }
        if let given {
            throw BadInput("\(given.0): a kernel log has no accesses that it could be done with")
        }
    }

    private func compare(_ reader: KernelLogReader) throws {
        let description = try machine.description(declared: nil)
        if machine.printConfig {
            Output.write(description.effectiveYAML())
            return
        }
        let report = KernelLogCompareReport(
            try KernelLogComparison.run(
                reader, machine: description.configuration, kernel: machine.era(),
                coherent: log.coherent))
        Output.write(json ? report.json.text + "\n" : report.text)
    }

    // MARK: Writing

    private func write(
        _ text: String, _ document: JSONValue, svg: @autoclosure () -> String,
        html: @autoclosure () -> String, _ form: OutputForm?
    ) throws {
        if let output, let form {
            let content =
                switch form {
                case .svg: svg()
                case .html: html()
                case .json: document.text + "\n"
                case .text: text
                }
            try OutputTarget.write(Array(content.utf8), to: output)
        }
        Output.write(json ? document.text + "\n" : text)
    }
}

/// What `-o` writes.
private enum OutputForm {
    case svg, html, json, text

    /// The form that a name's ending asks for.
    ///
    /// - Throws: ``BadInput`` with what is expected.
    init(endOf name: String, isOfSeveral: Bool) throws {
        switch name.split(separator: ".").last?.lowercased() {
        case "svg" where !isOfSeveral: self = .svg
        case "svg":
            throw BadInput(
                "--output \(name): several machines make a page, expected .html, .json or .txt")
        case "html", "htm": self = .html
        case "json": self = .json
        case "txt": self = .text
        default:
            throw BadInput(
                "--output \(name): expected a name that ends in .svg, .html, .json or .txt")
        }
    }
}

extension MachineOptions {
    /// A workload on a machine, with what is known of the machine's numbers.
    fileprivate struct Described: Sendable {
        var setup: Setup
        var machine: MachineDescription
    }

    /// A program on its machine, with other sizes.
    fileprivate func described(
        _ program: Program, _ file: String, _ shape: WorkloadShape
    ) throws -> Described {
        let machine = try description(declared: program, file: file)
        let setup = try Setup(
            program, file: file, machine: machine.configuration, kernel: era(), seed: seed)
        return Described(setup: try setup.shaped(shape), machine: machine)
    }
}

/// `size=64..1M` and the like.
enum SweepText {
    private static let most = 64

    /// The axis that a text stands for.
    ///
    /// - Throws: ``BadInput`` with what is expected.
    static func axis(_ text: String) throws -> SweepAxis {
        let words = SweepAxis.Property.allCases.map(\.rawValue).joined(separator: " or ")
        let expected = "--sweep \(text): expected PROPERTY=FROM..TO or PROPERTY=A,B,C with \(words)"
        let sides = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard sides.count == 2, let property = SweepAxis.Property(rawValue: sides[0]) else {
            throw BadInput(expected)
        }
        var values: [UInt64] = []
        if let dots = sides[1].range(of: "..") {
            let from = try ByteCount.parse(String(sides[1][..<dots.lowerBound]), "--sweep")
            let to = try ByteCount.parse(String(sides[1][dots.upperBound...]), "--sweep")
            guard from <= to else { throw BadInput(expected + ", FROM not above TO") }
            var value = from
            while value < to {
                values.append(value)
                value *= 2
            }
            values.append(to)
        } else {
            values = try sides[1].split(separator: ",").map {
                try ByteCount.parse(String($0), "--sweep")
            }
            values = Set(values).sorted()
        }
        guard 1...most ~= values.count else {
            throw BadInput(expected + ", at most \(most) values")
        }
        return SweepAxis(property, values: values)
    }
}

/// Sizes as `64`, `32K`, `1M`.
enum ByteCount {
    /// The largest size of a transfer.
    private static let most: UInt64 = 64 << 20

    /// The size that a text stands for.
    ///
    /// - Throws: ``BadInput`` with what is expected.
    static func parse(_ text: String, _ option: String) throws -> UInt64 {
        let shifts: [Character: UInt64] = ["K": 10, "M": 20]
        let shift = text.last.flatMap { shifts[$0] }
        let digits = shift == nil ? text[...] : text.dropLast()
        guard digits.allSatisfy(\.isASCII), digits.allSatisfy(\.isNumber), digits.count <= 9,
            let number = UInt64(digits), case let bytes = number << (shift ?? 0), 1...most ~= bytes
        else {
            throw BadInput("\(option) \(text): expected a size from 1 to 64M, as 1500, 4K or 1M")
        }
        return bytes
    }
}
