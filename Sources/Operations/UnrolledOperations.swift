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
    private let rounds: UInt64
    /// The statements that are asked for, and the begins and ends of blocks around them, by their places.
    private var places: [Int] = []
    /// For each begin in ``places`` the place of its end there.
    private var ends: [Int: Int] = [:]
    /// The next of ``places``.
    private var index = 0
    /// The blocks around it: how many rounds are left to go, and of how many in the program.
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
        where wanted: (Operation) -> Bool
    ) {
        self.program = program
        self.rounds = rounds
        var starts: [Int] = []
        for place in program.statements.indices {
            if let access = program.statements[place].access {
                if wantedAccess?(access) ?? false { places.append(place) }
                continue
            }
            switch program.statements[place].body {
            case .repeatBegin, .spanBegin:
                starts.append(places.count)
                places.append(place)
            case .operation(_, let operation): if wanted(operation) { places.append(place) }
            case .end:
                guard let start = starts.popLast() else { continue }
                if start == places.count - 1 {
                    // Nothing in it is asked for.
                    places.removeLast()
                } else {
                    ends[start] = places.count
                    places.append(place)
                }
            case .declaration, .mark: continue
            }
        }
    }

    /// The next operation that is asked for.
    public mutating func next() -> Step? {
        while index < places.count {
            defer { index += 1 }
            let place = places[index]
            switch program.statements[place].body {
            case .operation(let agent, let operation):
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
                    index = block.start
                } else {
                    open.removeLast()
                }
            case .declaration, .mark: continue
            }
        }
        return nil
    }

    private mutating func enter(_ count: UInt64) {
        // The parser closes every block.
        guard let end = ends[index] else { return }
        if count == 0 {
            index = end
        } else {
            open.append((index, Swift.min(count, rounds), 0, count))
        }
    }
}
