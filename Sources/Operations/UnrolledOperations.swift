import Quantities

/// The operations of a program in the order in which they happen, loops unrolled.
///
/// A loop without any operation that is asked for is passed over whole.
public struct UnrolledOperations: Sequence, IteratorProtocol {
    /// An operation and the statement that it is, numbered from 1.
    public struct Step: Sendable {
        /// The number of the statement, from 1.
        public var record: Int
        /// Who does it.
        public var agent: Agent
        /// What is done.
        public var operation: Operation
        /// Which pass of the statement it is, in the whole program, from 0.
        public var pass: UInt64 = 0
    }

    private let program: Program
    private let wanted: (Operation) -> Bool
    private let wantedAccess: ((MemoryAccess) -> Bool)?
    private let rounds: UInt64
    /// For each `repeat` and `span` its `end`, and for each of these whether a wanted operation stands within.
    private var ends: [Int: (end: Int, isWanted: Bool)] = [:]
    private var place = 0
    /// The blocks around the place: how many rounds are left to go, and of how many in the program.
    private var open: [(start: Int, left: UInt64, done: UInt64, count: UInt64)] = []

    /// Goes through a program.
    ///
    /// - Parameters:
    ///   - program: Every block of which has its end.
    ///   - rounds: The most rounds of a loop that are gone.
    ///   - wantedAccess: Which single accesses are asked for, besides; nil: none.
    ///   - wanted: Which other operations are asked for.
    public init(
        _ program: Program, rounds: UInt64 = .max,
        accesses wantedAccess: ((MemoryAccess) -> Bool)? = nil,
        where wanted: @escaping (Operation) -> Bool
    ) {
        self.program = program
        self.rounds = rounds
        self.wanted = wanted
        self.wantedAccess = wantedAccess
        var starts: [(place: Int, isWanted: Bool)] = []
        for place in program.statements.indices {
            if let access = program.statements[place].access {
                if let open = starts.last, !open.isWanted, wantedAccess?(access) ?? false {
                    starts[starts.count - 1].isWanted = true
                }
                continue
            }
            switch program.statements[place].body {
            case .repeatBegin, .spanBegin: starts.append((place, false))
            case .operation(_, let operation):
                if let open = starts.last, !open.isWanted, wanted(operation) {
                    starts[starts.count - 1].isWanted = true
                }
            case .end:
                guard let last = starts.popLast() else { continue }
                ends[last.place] = (place, last.isWanted)
                if last.isWanted, !starts.isEmpty { starts[starts.count - 1].isWanted = true }
            case .declaration, .mark: continue
            }
        }
    }

    /// The next operation that is asked for.
    public mutating func next() -> Step? {
        while place < program.statements.count {
            defer { place += 1 }
            if let access = program.statements[place].access,
                !(wantedAccess?(access) ?? false)
            {
                continue
            }
            switch program.statements[place].body {
            case .operation(let agent, let operation):
                let isAccess = program.statements[place].access != nil
                guard isAccess || wanted(operation) else { continue }
                return Step(
                    record: program.number(of: place), agent: agent, operation: operation,
                    pass: open.reduce(0) { $0 &* $1.count &+ $1.done })
            case .repeatBegin(let count): enter(count)
            case .spanBegin: enter(1)
            case .end:
                guard let block = open.last else { continue }
                if block.left > 1 {
                    open[open.count - 1].left -= 1
                    open[open.count - 1].done += 1
                    place = block.start
                } else {
                    open.removeLast()
                }
            case .declaration, .mark: continue
            }
        }
        return nil
    }

    private mutating func enter(_ count: UInt64) {
        guard let block = ends[place] else { return }
        if count == 0 || !block.isWanted {
            place = block.end
        } else {
            open.append((place, Swift.min(count, rounds), 0, count))
        }
    }
}
