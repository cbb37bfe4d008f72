import Operations
import Quantities

// The orders in which the operations of several agents can take effect. A schedule is one total order; a load
// in it reads what took effect last, or what its own core has stored and nobody else can see yet. Armv8-A is
// other-multi-copy atomic: what one observer sees all others see, so total orders are all there is. ARMv7 is
// not, and has more outcomes than are found here (IRIW with address dependencies).
//
// Besides the operations themselves a schedule has what nobody asked for, at lines where it can be told: lines
// of which somebody sees memory past the caches, or that are invalidated. There a dirty or stale line may be
// evicted before any operation, and filled by speculation before a write that passes the cache by.
//
// Two schedules that differ only in the order of neighbours which do not touch the same line lead to the same;
// one of them is told of (sleep sets). The order of schedules is a function of the programs alone.
//
// Left out: what `OrderRules` says is not explored; loads that take some bytes from their core's pending store
// and others from memory (they wait for it); two loads of one core from bytes of which one of them has only
// some, or from a line past the caches (they keep their order).

/// What one agent does, in its program order.
public struct AgentProgram: Hashable, Sendable {
    /// Who.
    public var agent: Agent
    /// What, in order; lowered.
    public var operations: [Operation]
    /// The smallest domain that has both the cores and the agent in it.
    public var domain: Barrier.Domain
    /// Whether it sees what caches hold; cores do.
    public var isCoherent: Bool

    /// Makes a program.
    ///
    /// - Parameters:
    ///   - agent: A core or a device.
    ///   - operations: What it does, in program order.
    ///   - domain: The domain it shares with the cores; nil: the inner one for what is coherent, else the outer one.
    ///   - isCoherent: Whether it sees what caches hold; nil: cores do, devices do not.
    public init(
        _ agent: Agent, _ operations: [Operation], domain: Barrier.Domain? = nil,
        isCoherent: Bool? = nil
    ) {
        self.agent = agent
        self.operations = operations
        self.isCoherent = isCoherent ?? agent.isCore
        self.domain = domain ?? (self.isCoherent ? .innerShareable : .outerShareable)
    }
}

/// Why programs cannot be scheduled.
public enum ScheduleError: Error, Hashable, Sendable {
    /// More operations that take effect than fit.
    case tooManyOperations(count: Int, most: Int)
    /// Operations wait for one another in a circle, as where a device is rung only after its completion was seen.
    case deadlock
}

/// All schedules of some programs.
public struct Schedules: Sendable {
    /// An operation takes effect, after what nobody asked for.
    public struct Step: Hashable, Sendable {
        /// The program.
        public var program: Int
        /// The operation's place in the program.
        public var index: Int
        /// What happens before it at its lines.
        public var environment: Environment
        /// The place of the own store, still pending, that a load takes its value from; nil: from memory.
        public var forwardedFrom: Int?
    }

    /// What happens at a line before an operation.
    public enum Environment: UInt8, CaseIterable, Sendable {
        /// Nothing.
        case nothing
        /// The line leaves the caches, written back if dirty.
        case evict
        /// A cache fills the line.
        case fill
        /// The line leaves the caches, and one fills it again.
        case evictAndFill
    }

    /// What a search has gone through.
    public struct Exploration: Hashable, Sendable {
        /// How many schedules were told of.
        public var schedules = 0
        /// Whether these are all.
        public var isExhaustive = true
    }

    /// The most operations that take effect: a set of them is a word.
    public static let mostOperations = 64

    /// Who does what.
    public let programs: [AgentProgram]
    /// What the operations do, barriers among them, as the programs have them.
    public let effects: [[MemoryEffect]]
    let rules: OrderRules
    let nodes: [Node]
    /// Lines where evictions and fills can be told: their numbers, and an address that caches them.
    let watchedLines: [(number: UInt64, address: UInt64)]
    /// Whether equal schedules are told of once; tests compare with all.
    var mergesEqual = true

    /// An operation that takes effect.
    struct Node: Sendable {
        let program: Int
        let index: Int
        let effect: MemoryEffect
        /// The nodes that take effect before it.
        var before: UInt64 = 0
        /// The nodes with which its order matters.
        var conflicts: UInt64 = 0
        /// The nodes with which the order of evictions and fills matters.
        var neighbours: UInt64 = 0
        /// Earlier stores of its core to bytes that it loads, oldest first.
        var ownStores: [Int] = []
        /// Later loads of its core from the same bytes that may take effect before it.
        var laterLoads: [Int] = []
        /// The watched lines that it touches.
        var watched: [Int] = []
    }

    /// Prepares the search.
    ///
    /// - Parameters:
    ///   - programs: Who does what; at most one program for each agent.
    ///   - rules: The order that the architecture promises.
    /// - Throws: ``ScheduleError``.
    /// - Complexity: O(*n*³) in the number of operations.
    public init(_ programs: [AgentProgram], rules: OrderRules) throws(ScheduleError) {
        self.programs = programs
        self.rules = rules
        effects = programs.map { $0.operations.map(rules.effect) }
        var nodes = Self.nodes(effects)
        guard nodes.count <= Self.mostOperations else {
            throw .tooManyOperations(count: nodes.count, most: Self.mostOperations)
        }
        watchedLines = Self.watchedLines(nodes, programs, rules)
        Self.watch(watchedLines.map(\.number), &nodes, rules)
        Self.order(&nodes, programs, effects, rules)
        Self.connect(&nodes, rules)
        self.nodes = nodes
        guard Self.canFinish(nodes) else { throw .deadlock }
    }

    /// Who takes a step.
    public func agent(of step: Step) -> Agent { programs[step.program].agent }

    /// What takes effect in a step.
    public func operation(of step: Step) -> Operation {
        programs[step.program].operations[step.index]
    }

    /// What nobody asked for and happens before a step, as events that a machine performs.
    public func events(before step: Step) -> [EnvironmentEvent] {
        guard step.environment != .nothing,
            let node = nodes.first(where: {
                $0.program == step.program && $0.index == step.index
            })
        else { return [] }
        let filler = programs.first { $0.agent.isCore }?.agent.index ?? 0
        return node.watched.flatMap { line -> [EnvironmentEvent] in
            let start = Operand(watchedLines[line].address)
            let evict = EnvironmentEvent(.evict, at: start)
            let fill = EnvironmentEvent(.fill, at: start, in: .core(filler))
            return switch step.environment {
            case .nothing: []
            case .evict: [evict]
            case .fill: [fill]
            case .evictAndFill: [evict, fill]
            }
        }
    }

    /// Tells of every schedule, depth first.
    ///
    /// - Parameters:
    ///   - initial: The state before anything took effect.
    ///   - limit: How many schedules to tell of at most.
    ///   - perform: Lets a step take effect in a state; the state of every prefix is kept for its continuations.
    ///   - finish: Takes the state after the last step, and the steps; false ends the search.
    /// - Returns: what was gone through.
    /// - Complexity: O(schedules × operations²), and a copy of the state for every step.
    public func explore<State>(
        from initial: State, limit: Int = 1 << 20,
        perform: (inout State, Step) -> Void, finish: (State, [Step]) -> Bool
    ) -> Exploration {
        var steps: [Step] = []
        var result = Exploration()
        withoutActuallyEscaping(perform) { perform in
            withoutActuallyEscaping(finish) { finish in
                var search = Search(
                    schedules: self, limit: limit, perform: perform, finish: finish)
                search.descend(initial, LineStates(count: watchedLines.count), Sleep(), done: 0)
                result = search.result
                steps = search.steps
            }
        }
        assert(steps.isEmpty, "every step was taken back")
        return result
    }
}
