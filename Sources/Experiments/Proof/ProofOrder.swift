import MemoryModel
import Operations
import Quantities

/// Works out what takes effect before what.
///
/// Cores issue in the order of the trace and hand over to one another as a lock or an interrupt would make them; what
/// one core has issued may wait behind what the same core issues later, unless ``OrderRules`` says otherwise. A load
/// performs early, never late. A completion that was observed stands before all that follows.
struct ProofOrder {
    let rules: OrderRules
    /// The smallest domain with everyone in it who looks at the lines.
    let observers: Barrier.Domain
    /// Whether accesses of one core stay in order but for doorbells: before ARMv6.
    let isInOrder: Bool
    let speculates: Bool
    /// What the operations do, barriers among them, in the order of the trace.
    let effects: [MemoryEffect]
    /// The place of each node in `effects`.
    let places: [Int]

    /// Whether two nodes of cores are ordered.
    private func orders(_ nodes: [ProofNode], _ first: Int, _ second: Int) -> Bool {
        let (earlier, later) = (nodes[first], nodes[second])
        switch (earlier.kind, later.kind) {
        // A clean of the outer cache is over when `CACHE SYNC` says so, whatever the core does meanwhile.
        case (.outer, .outer), (.outer, .outerSync): return true
        case (.outer, .load) where later.isEarly && sharesLine(earlier, later): return true
        case (.outer(let instruction), _): return !instruction.cleans
        case (.ring, .load) where later.isEarly, (.outerSync, .load) where later.isEarly:
            return isReasoned(first, second)
        case (.wait, _), (.ring, _), (.fence, _), (.outerSync, _), (_, .fence): return true
        // Not bufferable: it has arrived when it is issued.
        case (.store(.device), _), (.store(.stronglyOrdered), _): return true
        case (.maintain, .load) where isInOrder || earlier.agent != later.agent: return true
        // A doorbell may go ahead of a load: else a barrier before the load would be one before the doorbell.
        case (.load, .ring): return isInOrder || isReasoned(first, second)
        case (.load, .load): return !later.isEarly || !canPass(nodes, first, second)
        case (.load, _): return true
        // A load may find a line that is not yet cleaned all the way.
        case (.maintain(let instruction), .load) where !instruction.invalidates:
            return isReasoned(first, second, besideLines: true)
        case (_, .load), (_, .wait): return isReasoned(first, second)
        case (_, .ring): return isReasoned(first, second)
        default:
            if earlier.agent != later.agent { return true }
            return isInOrder || isReasoned(first, second)
        }
    }

    private func isReasoned(_ first: Int, _ second: Int, besideLines: Bool = false) -> Bool {
        var effects = effects
        if besideLines { effects[places[second]].size = 0 }
        return rules.reason(
            places[first], before: places[second], in: effects,
            observers: isBell(second) ? .outerShareable : observers) != nil
    }

    /// Whether what may wait is done when a device comes that nobody sent: where a barrier has published it, and before
    /// a device writes, unless it can have been told by a store that went ahead.
    private func isThere(_ nodes: [ProofNode], _ first: Int, before second: Int) -> Bool {
        if isReasoned(first, second), !isOuter(nodes[first]) { return true }
        guard nodes[second].kind == .deviceWrite else { return false }
        guard case .store = nodes[first].kind else { return true }
        return !nodes[first..<second].indices.contains {
            nodes[$0].kind == .deviceRead && nodes[$0].device == nodes[second].device
                && isTold(nodes, by: $0, after: first)
        }
    }

    /// Whether a device's read may find a store that went ahead of an earlier one.
    private func isTold(_ nodes: [ProofNode], by read: Int, after first: Int) -> Bool {
        nodes[(first + 1)..<read].contains { $0.isStore && sharesBytes($0, nodes[read]) }
    }

    /// Whether two nodes touch a line together.
    private func sharesLine(_ one: ProofNode, _ other: ProofNode) -> Bool {
        zip(one.classes, other.classes).contains { $0 != 0 && $1 != 0 }
    }

    /// Whether two nodes touch a byte together.
    private func sharesBytes(_ one: ProofNode, _ other: ProofNode) -> Bool {
        zip(one.classes, other.classes).contains { $0 & $1 != 0 }
    }

    private func isOuter(_ node: ProofNode) -> Bool {
        if case .outer = node.kind { true } else { false }
    }

    private func isBell(_ node: Int) -> Bool {
        if case .doorbell = effects[places[node]].kind { true } else { false }
    }

    /// Whether a load may perform before an earlier one.
    private func canPass(_ nodes: [ProofNode], _ first: Int, _ second: Int) -> Bool {
        guard nodes[first].agent == nodes[second].agent, speculates, !isInOrder else {
            return false
        }
        return !sharesBytes(nodes[first], nodes[second])
            && !isReasoned(first, second, besideLines: true)
    }

    /// Fills in ``ProofNode/before`` and ``ProofNode/isEarly``.
    ///
    /// - Complexity: O(*n* × *m*), *m* the most nodes between two fences.
    func connect(_ nodes: inout [ProofNode]) {
        markEarly(&nodes)
        /// The last fence, the last operation in turn, and for each device its last operation, doorbell or completion.
        var fence = -1
        var turn = -1
        /// The last operation in turn before the last barrier that holds loads back: none after that is performed before it.
        var barred = -1
        var place = 0
        var acts: [Int: Int] = [:]
        var starts: [Int: Int] = [:]
        var outers: [Int] = []
        for index in nodes.indices {
            let node = nodes[index]
            var before: [Int] = []
            if effects[place..<places[index]].contains(where: { $0.holdsLoads }) { barred = turn }
            place = places[index]
            if node.isDevice {
                if let last = acts[node.device] { before.append(last) }
                if node.kind == .deviceWrite {
                    nodes[index].lastVisible = lastVisible(nodes, before: index)
                }
                if node.isInTurn {
                    if fence >= 0 { before.append(fence) }
                    before += ((fence + 1)..<index).filter {
                        if nodes[$0].isDevice { return nodes[$0].isInTurn }
                        return !nodes[$0].canWait || isThere(nodes, $0, before: index)
                    }
                    turn = index
                } else if let start = starts[node.device] {
                    before.append(start)
                }
                acts[node.device] = index
            } else {
                if node.isEarly {
                    if barred >= 0 { before.append(barred) }
                    nodes[index].flags = passed(nodes, by: index)
                    nodes[index].polled = polled(nodes, before: index)
                } else if turn >= 0 {
                    before.append(turn)
                }
                if fence >= 0 { before.append(fence) }
                before += ((fence + 1)..<index).filter {
                    !nodes[$0].isDevice && orders(nodes, $0, index)
                }
                switch node.kind {
                case .fence: fence = index
                case .outer: outers.append(index)
                case .outerSync:
                    before += outers
                    outers = []
                case .ring: starts[node.device] = index
                case .wait:
                    if let last = acts[node.device] { before.append(last) }
                    starts[node.device] = index
                default: break
                }
            }
            nodes[index].before = Array(Set(before)).sorted()
        }
    }

    /// The last store of a core that a device can have seen before it writes; -1: none.
    private func lastVisible(_ nodes: [ProofNode], before write: Int) -> Int {
        var last = -1
        for read in nodes[..<write].indices
        where nodes[read].kind == .deviceRead && nodes[read].device == nodes[write].device {
            let store = nodes[..<read].indices.last {
                nodes[$0].isStore && sharesBytes(nodes[$0], nodes[read])
            }
            last = max(last, store ?? -1)
        }
        return last
    }

    /// For each device the last of its writes that loads tell of which stand before a load, and which it may pass; -1: none.
    private func passed(_ nodes: [ProofNode], by load: Int) -> [Int] {
        let devices = (nodes.map(\.device).max() ?? 0) + 1
        return (0..<devices).map { device in
            nodes[..<load].indices.compactMap { told(nodes, by: $0, for: load, of: device) }.max()
                ?? -1
        }
    }

    /// For each device the last write that a load tells of which barriers order before a load; -1: none.
    private func polled(_ nodes: [ProofNode], before load: Int) -> [Int] {
        let devices = (nodes.map(\.device).max() ?? 0) + 1
        var result = Array(repeating: -1, count: devices)
        for poll in nodes.indices[..<load]
        where nodes[poll].isLoad && nodes[poll].agent == nodes[load].agent
            && isReasoned(poll, load)
            && (nodes[poll].loadBarriers < nodes[load].loadBarriers
                || !sharesBytes(nodes[poll], nodes[load]))
        {
            for write in nodes.indices[..<poll]
            where nodes[write].kind == .deviceWrite
                && zip(nodes[write].classes, nodes[poll].classes).contains(where: { $0 & $1 != 0 })
            {
                result[nodes[write].device] = max(result[nodes[write].device], write)
            }
        }
        return result
    }

    /// The last write of a device, or of any, that a load may tell of, if a later one may pass it; nil: it may tell of none.
    private func told(
        _ nodes: [ProofNode], by earlier: Int, for load: Int, of device: Int? = nil
    ) -> Int? {
        guard case .load = nodes[earlier].kind, canPass(nodes, earlier, load) else { return nil }
        return nodes[..<earlier].indices.last { write in
            nodes[write].kind == .deviceWrite
                && (device ?? nodes[write].device) == nodes[write].device
                && isLeft(nodes, of: write, to: earlier)
        }
    }

    /// Whether a load may find bytes of a device's write: not those that a core has stored over in between.
    private func isLeft(_ nodes: [ProofNode], of write: Int, to load: Int) -> Bool {
        nodes[load].classes.indices.contains { line in
            var shared = nodes[write].classes[line] & nodes[load].classes[line]
            for node in nodes[write..<load] where node.isStore { shared &= ~node.classes[line] }
            return shared != 0
        }
    }

    /// Marks the loads that may perform before one that reads what a device writes.
    private func markEarly(_ nodes: inout [ProofNode]) {
        guard nodes.contains(where: { $0.kind == .deviceWrite }), speculates, !isInOrder else {
            return
        }
        var fence = 0
        for index in nodes.indices {
            switch nodes[index].kind {
            case .fence, .wait: fence = index
            case .load:
                nodes[index].isEarly = (fence..<index).contains {
                    told(nodes, by: $0, for: index) != nil
                }
            default: break
            }
        }
    }
}

extension MemoryEffect {
    /// Whether no load behind it is performed before it.
    fileprivate var holdsLoads: Bool {
        guard case .barrier(let barrier) = kind else { return false }
        return barrier.instruction == .dsb
            || barrier.ordersLoads
    }
}
