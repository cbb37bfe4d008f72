import Operations
import Quantities

/// What the caches hold of the watched lines, as far as a schedule tells.
struct LineStates: Hashable {
    /// What the caches hold of one line.
    enum State: UInt8 {
        case absent
        case clean
        case dirty
    }

    private(set) var states: [State]

    init(count: Int) { states = Array(repeating: .absent, count: count) }

    /// What may happen at an operation's lines before it with an effect that can be told then or later.
    ///
    /// What could as well happen before the next operation on the line is left to that.
    func options(for node: Schedules.Node) -> [Schedules.Environment] {
        guard !node.watched.isEmpty else { return [.nothing] }
        let isDirty = node.watched.contains { states[$0] == .dirty }
        let isClean = node.watched.contains { states[$0] == .clean }
        switch node.effect.kind {
        case .deviceRead: return isDirty ? [.nothing, .evict] : [.nothing]
        case .load, .store:
            guard node.effect.type.isCacheable else { return passing(node, isDirty, isClean) }
            return isDirty || isClean ? [.nothing, .evict] : [.nothing]
        case .deviceWrite: return passing(node, isDirty, isClean)
        case .maintenance(.dcIVAC): return isDirty ? [.nothing, .evict] : [.nothing]
        default: return [.nothing]
        }
    }

    /// What may happen before an access that does not see the caches.
    private func passing(_ node: Schedules.Node, _ isDirty: Bool, _ isClean: Bool)
        -> [Schedules.Environment]
    {
        if !node.effect.changesBytes { return isDirty ? [.nothing, .evict] : [.nothing] }
        return isDirty || isClean ? [.nothing, .evict, .evictAndFill] : [.nothing, .fill]
    }

    /// Follows a step.
    mutating func follow(_ node: Schedules.Node, _ environment: Schedules.Environment) {
        for line in node.watched {
            switch environment {
            case .nothing: break
            case .evict: states[line] = .absent
            case .fill, .evictAndFill: states[line] = .clean
            }
            switch node.effect.kind {
            case .load where node.effect.type.isCacheable:
                if states[line] == .absent { states[line] = .clean }
            case .store where node.effect.type == .writeBack: states[line] = .dirty
            case .maintenance(.dcCVAC):
                if states[line] == .dirty { states[line] = .clean }
            case .maintenance(.dcCIVAC), .maintenance(.dcIVAC): states[line] = .absent
            default: break
            }
        }
    }
}

/// The steps that need not be taken from here, since what they lead to was gone through before.
struct Sleep {
    /// For each environment the operations.
    private var sets = [UInt64](repeating: 0, count: Schedules.Environment.allCases.count)

    func contains(_ node: Int, _ environment: Schedules.Environment) -> Bool {
        sets[Int(environment.rawValue)] >> UInt64(node) & 1 == 1
    }

    mutating func insert(_ node: Int, _ environment: Schedules.Environment) {
        sets[Int(environment.rawValue)] |= 1 << UInt64(node)
    }

    /// What still sleeps after a step: what does not touch the same.
    func after(_ node: Schedules.Node, _ environment: Schedules.Environment) -> Sleep {
        var result = self
        for index in sets.indices {
            let isQuiet = index == 0 && environment == .nothing
            result.sets[index] &= ~(isQuiet ? node.conflicts : node.conflicts | node.neighbours)
        }
        return result
    }
}

/// A depth-first search in progress.
struct Search<State> {
    let schedules: Schedules
    let limit: Int
    let perform: (inout State, Schedules.Step) -> Void
    let finish: (State, [Schedules.Step]) -> Bool
    private(set) var steps: [Schedules.Step] = []
    /// The node of each step, and the store that it read from: its node, or -1 for what was there at the start.
    private var trail: [(node: Int, source: Int)] = []
    private(set) var result = Schedules.Exploration()

    init(
        schedules: Schedules, limit: Int, perform: @escaping (inout State, Schedules.Step) -> Void,
        finish: @escaping (State, [Schedules.Step]) -> Bool
    ) {
        self.schedules = schedules
        self.limit = limit
        self.perform = perform
        self.finish = finish
    }

    /// Goes through all that can follow.
    mutating func descend(_ state: State, _ lines: LineStates, _ sleep: Sleep, done: UInt64) {
        let nodes = schedules.nodes
        if done.nonzeroBitCount == nodes.count {
            finishSchedule(state)
            return
        }
        var sleep = sleep
        for index in nodes.indices
        where done >> UInt64(index) & 1 == 0 && nodes[index].before & ~done == 0 {
            guard let read = read(by: index, done) else { continue }
            // A load that takes a pending store's value touches no line.
            let options = read.isForwarded ? [.nothing] : lines.options(for: nodes[index])
            for environment in options where !sleep.contains(index, environment) {
                if !result.isExhaustive { return }
                var next = state
                var nextLines = lines
                if !read.isForwarded { nextLines.follow(nodes[index], environment) }
                let step = Schedules.Step(
                    program: nodes[index].program, index: nodes[index].index,
                    environment: environment,
                    forwardedFrom: read.isForwarded ? nodes[read.source].index : nil)
                perform(&next, step)
                steps.append(step)
                trail.append((index, read.source))
                descend(
                    next, nextLines, sleep.after(nodes[index], environment),
                    done: done | 1 << UInt64(index))
                steps.removeLast()
                trail.removeLast()
                if schedules.mergesEqual { sleep.insert(index, environment) }
            }
        }
    }

    private mutating func finishSchedule(_ state: State) {
        // One more than the limit says that these are not all.
        guard result.schedules < limit else {
            result.isExhaustive = false
            return
        }
        result.schedules += 1
        if !finish(state, steps) { result.isExhaustive = false }
    }

    /// What an operation reads if it takes effect now; nil: it cannot.
    private func read(by index: Int, _ done: UInt64) -> (source: Int, isForwarded: Bool)? {
        let node = schedules.nodes[index]
        guard node.effect.kind == .load else { return (-1, false) }
        var result = (source: -1, isForwarded: false)
        if let own = node.ownStores.last, done >> UInt64(own) & 1 == 0 {
            guard schedules.nodes[own].effect.covers(node.effect) else { return nil }
            result = (own, true)
        } else {
            let last = trail.last {
                schedules.nodes[$0.node].effect.changesBytes
                    && schedules.nodes[$0.node].effect.overlaps(node.effect)
            }
            result.source = last?.node ?? -1
        }
        // Coherence: a later load of the same bytes that went ahead must have read the same.
        for later in node.laterLoads where done >> UInt64(later) & 1 == 1 {
            let ahead = trail.first { $0.node == later }
            if ahead?.source != result.source { return nil }
        }
        return result
    }
}
