import Operations
import Traces

/// The CPU's side, taken apart: declarations that come first, and what follows them.
struct MergeBody {
    /// Where the trace has what.
    private let cpu: TraceMerge.CPUSide
    /// What stands first: the trace's own first declarations, its devices, and what the calls declare.
    private(set) var head: [Statement] = []
    /// The rest, in order.
    private(set) var statements: [Statement] = []
    /// The marks that stand for events; their places are in ``statements``, which do not have them any more.
    private(set) var marks: [MergeMark] = []

    /// Takes a side apart.
    ///
    /// Devices have numbers in the order of their declarations, so that all of the trace's come before those of the calls.
    init(_ cpu: TraceMerge.CPUSide, declarations: [Declaration]) throws(TraceErrors) {
        self.cpu = cpu
        var isHead = true
        var late: [Statement] = []
        for statement in cpu.program.statements {
            guard case .declaration(let declaration) = statement.body else {
                isHead = false
                statements.append(statement)
                continue
            }
            var isDevice = false
            if case .device = declaration { isDevice = true }
            if isHead {
                head.append(statement)
            } else if isDevice {
                late.append(statement)
            } else {
                statements.append(statement)
            }
        }
        head += late
        head += declarations.map { Statement(.declaration($0), line: 0) }
    }

    /// Takes the marks out that stand for events, and unrolls the loops that have some.
    ///
    /// - Parameters:
    ///   - devices: The names of the devices of the calls.
    ///   - options: Which stores are marks.
    /// - Throws: what is wrong with marks, or that unrolled loops are too long.
    mutating func findMarks(
        _ devices: Set<String>, _ options: TraceMerge.Options
    ) throws(TraceErrors) {
        guard options.rule != .clock else { return }
        var errors = TraceErrors()
        // What each statement is, once; loops are unrolled by places.
        var found: [Int: MergeMark] = [:]
        for (place, statement) in statements.enumerated() {
            do throws(MarkFault) {
                if var mark = try Self.mark(statement, devices, options.markStores) {
                    mark.line = statement.line
                    found[place] = mark
                }
            } catch {
                errors.append(
                    TraceError(
                        file: cpu.file, line: cpu.countsAccesses ? 0 : Int(statement.line),
                        found: error.found, expected: error.expected))
            }
        }
        guard errors.isEmpty else { throw errors }
        guard !found.isEmpty else { return }
        let old = statements
        statements = []
        try unroll(old, 0..<old.count, found)
    }

    private static func mark(
        _ statement: Statement, _ devices: Set<String>, _ stores: [MarkStore]
    ) throws(MarkFault) -> MergeMark? {
        switch statement.body {
        case .mark(let text): return try MergeMark(text, devices: devices)
        case .operation(_, .access(let access, _, _)) where access.kind.isStore:
            guard let store = stores.first(where: { $0.address == access.address }) else {
                return nil
            }
            if let device = store.device, !devices.contains(device) {
                throw MarkFault(
                    found: "the device \(device) of a store that is a mark",
                    expected: "a device of the log: "
                        + devices.sorted().prefix(20).joined(separator: ", "))
            }
            return MergeMark(store)
        case .operation(_, .run(let run)) where run.kind == .store:
            try refuse(stores, within: run.start, run.step &* run.count, "a run of stores")
        case .operation(_, .copy(let copy)):
            try refuse(stores, within: copy.destination, copy.bytes, "a copy")
        default: break
        }
        return nil
    }

    private static func refuse(
        _ stores: [MarkStore], within start: Operand, _ bytes: UInt64, _ what: String
    ) throws(MarkFault) {
        let hit = stores.first { $0.address &- start.address.rawValue < bytes }
        guard let hit else { return }
        throw MarkFault(
            found: "\(what) over 0x\(String(hit.address, radix: 16)), whose stores are marks",
            expected: "single stores there")
    }

    /// Appends statements, loops with marks in them once for each round.
    private mutating func unroll(
        _ old: [Statement], _ range: Range<Int>, _ found: [Int: MergeMark], isRepeated: Bool = false
    ) throws(TraceErrors) {
        var place = range.lowerBound
        while place < range.upperBound {
            let statement = old[place]
            guard statements.count <= NativeLimits.statements else {
                throw TraceErrors([
                    TraceError(
                        file: cpu.file, line: Int(statement.line),
                        found: "more than \(NativeLimits.statements) statements up to here, "
                            + "loops with marks unrolled",
                        expected: "fewer rounds")
                ])
            }
            if var mark = found[place] {
                mark.place = statements.count
                marks.append(mark)
            } else if case .repeatBegin(let count) = statement.body {
                let end = Self.end(of: old, from: place)
                if (place..<end).contains(where: { found[$0] != nil }) {
                    var round: UInt64 = 0
                    while round < count {
                        try unroll(
                            old, place + 1..<end, found, isRepeated: isRepeated || round > 0)
                        round += 1
                    }
                } else {
                    statements += old[place...end]
                }
                place = end
            } else if case .declaration = statement.body, isRepeated {
                // Said in the first round.
            } else {
                statements.append(statement)
            }
            place += 1
        }
    }

    /// The place of the `end` of a block.
    static func end(of statements: [Statement], from start: Int) -> Int {
        var depth = 0
        for place in start..<statements.count {
            switch statements[place].body {
            case .repeatBegin, .spanBegin: depth += 1
            case .end:
                depth -= 1
                if depth == 0 { return place }
            default: break
            }
        }
        return statements.count - 1
    }
}
