import Hazards
import Quantities

/// Says in words what a search found.
struct ProofWords {
    let problem: ProofProblem
    let profile: HazardProfile

    /// What goes wrong, with its bytes.
    func fault(_ wrong: ProofWrong, _ moves: [ProofMove]) -> ProofFault {
        let bytes = self.bytes(wrong)
        let expected =
            problem.nodes.indices.contains(wrong.expected - 1)
            ? problem.nodes[wrong.expected - 1] : nil
        var record = expected?.record ?? 0
        var agent = expected?.agent ?? .core(0)
        if wrong.node >= 0 {
            record = problem.nodes[wrong.node].record
            if wrong.kind == .staleRead { agent = problem.nodes[wrong.node].agent }
        }
        return ProofFault(
            kind: wrong.kind, record: record, agent: agent, address: bytes.start,
            bytes: bytes.size, writer: expected?.agent ?? .core(0),
            writeRecord: expected?.record ?? 0)
    }

    private func bytes(_ wrong: ProofWrong) -> (start: UInt64, size: UInt64) {
        var mask: UInt64 = 0
        problem.forEach(wrong.classes) { mask |= problem.lines[wrong.line].bytes[$0] }
        let first = UInt64(mask.trailingZeroBitCount)
        return (
            problem.addresses.lines[wrong.line] + first,
            64 - UInt64(mask.leadingZeroBitCount) - first
        )
    }

    /// The schedule: what happened, in order, and at the end what is wrong.
    func chain(_ moves: [ProofMove], _ wrong: ProofWrong) -> [ChainLink] {
        var links: [ChainLink] = []
        var last: UInt32 = problem.nodes.first?.record ?? 0
        var done: Set<Int> = []
        for move in moves {
            if case .writeIntoCaches(let node) = move {
                last = problem.nodes[node].record
                let who = name(problem.nodes[node].agent)
                links.append(
                    ChainLink(
                        record: Int(last),
                        text: "\(who) writes \(place(problem.nodes[node])): into the caches alone"))
            } else if case .perform(let node) = move {
                done.insert(node)
                last = problem.nodes[node].record
                let isLate = problem.nodes.indices.contains {
                    $0 > node && done.contains($0) && !problem.nodes[$0].isDevice
                }
                guard let text = text(node, isLate: isLate) else { continue }
                links.append(ChainLink(record: Int(last), text: text))
            } else {
                links.append(ChainLink(record: Int(last), text: text(move)))
            }
        }
        // An early load is found out when the one before it tells, and is wrong in its own place.
        if wrong.node >= 0 { last = problem.nodes[wrong.node].record }
        links.append(ChainLink(record: Int(last), text: verdict(wrong)))
        return links
    }

    private func name(_ agent: Agent) -> String { profile.name(of: agent) }

    private func line(_ number: Int) -> String {
        let address = problem.addresses.lines[number]
        return profile.symbol(of: address) ?? "0x" + String(address, radix: 16)
    }

    private func place(_ node: ProofNode) -> String {
        let touched = problem.lines.indices.filter { node.classes[$0] != 0 }
        return touched.map { number in
            var mask: UInt64 = 0
            problem.forEach(node.classes[number]) { mask |= problem.lines[number].bytes[$0] }
            let address =
                problem.addresses.lines[number] + UInt64(mask.trailingZeroBitCount)
            return profile.symbol(of: address) ?? "0x" + String(address, radix: 16)
        }.joined(separator: " and ")
    }

    private func text(_ number: Int, isLate: Bool) -> String? {
        let node = problem.nodes[number]
        let who = name(node.agent)
        switch node.kind {
        case .load(let isCached):
            return "\(who) loads \(place(node))\(isCached ? "" : " past the caches")"
                + (node.isEarly ? ", perhaps before its turn" : "")
        case .store(let type):
            let target =
                type == .writeBack
                ? "the line is dirty"
                : type == .writeThrough ? "written through" : "past the caches"
            return isLate
                ? "only now what \(who) stored to \(place(node)) leaves its store buffer: \(target)"
                : "\(who) stores to \(place(node)): \(target)"
        case .maintain(let instruction), .outer(let instruction):
            let what =
                instruction.cleans
                ? instruction.invalidates ? "clean and invalidate" : "clean" : "invalidate"
            let whose = if case .outer = node.kind { "outer " } else { "" }
            return isLate
                ? "only now \(who)'s \(whose)\(what) of \(place(node)) is done"
                : "\(who)'s \(whose)\(what) of \(place(node))"
        case .outerSync: return "the outer cache's buffers are empty"
        case .fence: return nil
        case .ring: return "\(who) rings \(name(problem.devices[node.device]))"
        case .wait: return "\(who) sees that \(name(problem.devices[node.device])) is done"
        case .deviceRead: return "\(who) reads \(place(node))"
        case .deviceWrite: return "\(who) writes \(place(node))"
        }
    }

    private func text(_ move: ProofMove) -> String {
        switch move {
        case .perform, .writeIntoCaches: ""
        case .evictInner(let number):
            "\(line(number))'s line leaves the cores' caches, written back if dirty"
        case .evictOuter(let number):
            "\(line(number))'s line leaves the outer cache, written back if dirty"
        case .fillInner(let number): "a core's cache loads \(line(number))'s line unasked"
        case .fillOuter(let number): "the outer cache loads \(line(number))'s line unasked"
        case .drain(let store):
            "what \(name(problem.nodes[Int(store)].agent)) stored to \(place(problem.nodes[Int(store)])) leaves the outer "
                + "cache's store buffer"
        }
    }

    private func verdict(_ wrong: ProofWrong) -> String {
        let missed =
            problem.nodes.indices.contains(wrong.expected - 1)
            ? problem.nodes[wrong.expected - 1] : nil
        let what =
            missed.map { "what \(name($0.agent)) wrote in record \($0.record)" } ?? "what was there"
        switch wrong.kind {
        case .staleRead:
            return "\(name(problem.nodes[wrong.node].agent)) gets old bytes, not \(what)"
        case .overwritten: return "old bytes go over \(what)"
        case .dropped: return "\(what) is lost with the line"
        }
    }
}
