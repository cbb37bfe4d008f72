import MemoryModel
import Operations
import Quantities
import Statistics

/// What one function cost, of a run on the model.
public struct FunctionCost: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// The loads, stores and fetches of its instructions, and what else its statements do.
    public var records: UInt64 = 0
    /// How long its cores were at it.
    public var time = Ticks.zero
    /// What its instructions missed.
    public var tally = CoreTally()
}

/// Shares a run's time and misses out among functions, by where each core fetches.
///
/// A function's share is its own: what it calls is not in it. A miss that a core waits for only later, at a store buffer
/// that is full or at a barrier, is in the function where it waits.
public struct FunctionProfile: Sendable {
    /// What stands for code that no name is known of.
    public static let unknown = "(no name)"

    private let functions: [SymbolTable.Entry]
    private var costs: [FunctionCost] = [FunctionCost(name: Self.unknown)]
    private var numbers: [String: Int] = [Self.unknown: 0]
    private var current: (core: Int, function: Int) = (0, 0)
    /// The range in which the last fetch's function is known to go on.
    private var known: [(range: Range<UInt64>, function: Int)] =
        Array(repeating: (0..<0, 0), count: Agent.maximumCores)
    private var times = [Ticks](repeating: .zero, count: Agent.maximumCores)
    private var tallies = [CoreTally](repeating: CoreTally(), count: Agent.maximumCores)

    /// Starts a profile.
    ///
    /// - Parameter functions: The functions' names and bytes, ascending by address and size.
    public init(_ functions: [SymbolTable.Entry]) { self.functions = functions }

    /// The functions that did anything, those that took longest first.
    public var result: [FunctionCost] {
        costs.filter { $0.records > 0 }.sorted {
            ($1.time, $1.tally.dataMisses, $0.name) < ($0.time, $0.tally.dataMisses, $1.name)
        }
    }

    /// Whether an access is another function's, or another core's, than the ones before.
    ///
    /// The caller then settles with ``add(_:_:time:)`` and goes on with ``enter(_:)``.
    mutating func leaves(_ access: MemoryAccess) -> Bool {
        let core = access.agent.index
        if access.kind == .fetch, !known[core].range.contains(access.address) { return true }
        return core != current.core || known[core].function != current.function
    }

    /// Goes on with the function of an access.
    mutating func enter(_ access: MemoryAccess) {
        let core = access.agent.index
        if access.kind == .fetch { find(access.address, core) }
        current = (core, known[core].function)
    }

    /// Goes on with the function of a statement: the one that it names, or that of its program counter.
    mutating func enter(_ agent: Agent, counter: UInt64?, name: String?) {
        let core = agent.index
        if let counter { find(counter, core) }
        current = (core, known[core].function)
        if let name { current.function = number(of: name) }
    }

    /// The core whose function is current.
    var core: Int { current.core }

    /// Adds what has been since the last call to the current function.
    mutating func add(_ records: UInt64, _ tally: CoreTally, time: Ticks) {
        let (core, function) = current
        costs[function].records += records
        costs[function].time += time - times[core]
        costs[function].tally.add(tally, since: tallies[core])
        times[core] = time
        tallies[core] = tally
    }

    private mutating func find(_ counter: UInt64, _ core: Int) {
        if known[core].range.contains(counter) { return }
        if let entry = functions.innermost(holding: counter) {
            // Another function may begin or end within it.
            let range = entry.address..<(entry.address &+ entry.size)
            known[core] = (
                range.clamped(to: functions.gap(around: counter)), number(of: entry.name)
            )
        } else {
            known[core] = (functions.gap(around: counter), 0)
        }
    }

    private mutating func number(of name: String) -> Int {
        if let known = numbers[name] { return known }
        costs.append(FunctionCost(name: name))
        numbers[name] = costs.count - 1
        return costs.count - 1
    }
}
