/// One step from a state to the next.
enum ProofMove: Hashable, Sendable {
    /// A node takes effect.
    case perform(Int)
    /// What a device writes that sees the caches lands in lines that are there, and not in memory.
    case writeIntoCaches(Int)
    /// A line leaves the cores' caches, written back if it is dirty.
    case evictInner(Int)
    /// A line leaves the outer cache, written back if it is dirty.
    case evictOuter(Int)
    /// A core's cache loads a line unasked.
    case fillInner(Int)
    /// The outer cache loads a line unasked.
    case fillOuter(Int)
    /// A store leaves the outer cache's buffer for memory.
    case drain(UInt16)
}

extension ProofProblem {
    /// What may come next, in a fixed order.
    func moves(from state: ProofState) -> [ProofMove] {
        // What only lets others go on is done at once: nothing is lost by it, as it can always be done.
        if let free = nodes.indices.dropFirst(state.base).first(where: { isQuiet($0, state) }) {
            return [.perform(free)]
        }
        var moves: [ProofMove] = []
        for node in nodes.indices.dropFirst(state.base) where isReady(node, state) {
            moves.append(.perform(node))
            if canWriteIntoCaches(node, state) { moves.append(.writeIntoCaches(node)) }
        }
        // They leave in order: what may overtake has overtaken in the core's own buffer.
        if let store = state.outerBuffer.first { moves.append(.drain(store)) }
        for line in lines.indices {
            let canFill = mayFill(line, state)
            if state.lines[line].inner != nil {
                moves.append(.evictInner(line))
            } else if canFill, speculates {
                moves.append(.fillInner(line))
            }
            guard hasOuter else { continue }
            if state.lines[line].outer != nil {
                moves.append(.evictOuter(line))
            } else if canFill, speculates {
                moves.append(.fillOuter(line))
            }
        }
        return moves
    }

    /// Whether a cache may load a line now.
    private func mayFill(_ line: Int, _ state: ProofState) -> Bool {
        guard state.base < nodes.count else { return lines[line].canFillAtEnd }
        let next = nodes[state.base]
        guard next.canFill[line] else { return false }
        // Before its memory is made uncached: not when a core has done what comes behind that, though something before it waits.
        return !next.isUncachedNow[line]
            || !state.ahead.contains { !nodes[Int($0)].isDevice }
    }

    private func canWriteIntoCaches(_ node: Int, _ state: ProofState) -> Bool {
        nodes[node].kind == .deviceWrite && nodes[node].snoops
            && lines.indices.contains {
                nodes[node].classes[$0] != 0
                    && (state.lines[$0].inner != nil || state.lines[$0].outer != nil)
            }
    }

    private func isQuiet(_ node: Int, _ state: ProofState) -> Bool {
        switch nodes[node].kind {
        case .fence, .wait, .outerSync: isReady(node, state)
        // What a load before it finds is told to the device.
        case .ring:
            isReady(node, state)
                && !nodes[state.base..<max(state.base, node)].indices.contains {
                    nodes[$0].isLoad && !state.isDone($0)
                }
        default: false
        }
    }

    /// Whether a node can take effect now.
    private func isReady(_ node: Int, _ state: ProofState) -> Bool {
        guard !state.isDone(node), nodes[node].before.allSatisfy(state.isDone) else { return false }
        if nodes[node].kind == .outerSync { return state.outerBuffer.isEmpty }
        // What is there when a device comes that nobody sent has left this buffer, too.
        guard nodes[node].isInTurn, nodes[node].kind == .deviceWrite else { return true }
        let fence = nodes[node].before.last { nodes[$0].kind == .fence } ?? -1
        return !state.outerBuffer.contains {
            Int($0) < fence || nodes[node].before.contains(Int($0))
        }
    }

    /// Makes a move.
    ///
    /// - Returns: what goes wrong in it; nil: nothing.
    func perform(_ move: ProofMove, _ state: inout ProofState) -> ProofWrong? {
        var wrong: ProofWrong?
        switch move {
        case .perform(let node):
            wrong = perform(node, &state)
            state.finish(node)
            if wrong == nil { wrong = judgeEarly(&state) }
        case .writeIntoCaches(let node):
            wrong = perform(node, &state, intoCaches: true)
            state.finish(node)
            if wrong == nil { wrong = judgeEarly(&state) }
        case .evictInner(let line):
            if state.lines[line].dirtyInner != 0 { wrong = writeBackInner(line, &state) }
            state.lines[line].inner = nil
        case .evictOuter(let line):
            if state.lines[line].dirtyOuter != 0 { wrong = writeBackOuter(line, &state) }
            state.lines[line].outer = nil
        case .fillInner(let line): fillInner(line, &state)
        case .fillOuter(let line): fillOuter(line, &state)
        case .drain(let store):
            wrong = land(Int(store), &state)
            state.outerBuffer.removeAll { $0 == store }
        }
        if !state.toldBefore.isEmpty { forgetTold(&state) }
        state.forget()
        return wrong
    }

    // MARK: Lines

    /// Loads a line into the cores' caches.
    ///
    /// Where no line comes unasked, one that is asked for stays in the outer cache, too; elsewhere that is a move of its
    /// own.
    func fillInner(_ line: Int, _ state: inout ProofState) {
        if hasOuter, !speculates, state.lines[line].outer == nil { fillOuter(line, &state) }
        state.lines[line].inner = state.lines[line].outer ?? below(line, state)
    }

    private func fillOuter(_ line: Int, _ state: inout ProofState) {
        state.lines[line].outer = below(line, state)
    }

    /// What is read through the outer cache of a line that it does not hold: its store buffer is looked into first.
    func below(_ line: Int, _ state: ProofState) -> [ProofState.Version] {
        var result = state.lines[line].memory
        for store in state.outerBuffer {
            forEach(nodes[Int(store)].classes[line]) { result[$0] = store + 1 }
        }
        return result
    }

    /// Writes a dirty line of the cores' caches to what is below.
    func writeBackInner(_ line: Int, _ state: inout ProofState) -> ProofWrong? {
        guard let copy = state.lines[line].inner else { return nil }
        let dirty = state.lines[line].dirtyInner
        state.lines[line].dirtyInner = 0
        guard hasOuter else { return writeMemory(line, copy, &state) }
        state.lines[line].outer = copy
        state.lines[line].dirtyOuter |= dirty
        return nil
    }

    /// Writes a dirty line of the outer cache to memory.
    func writeBackOuter(_ line: Int, _ state: inout ProofState) -> ProofWrong? {
        guard let copy = state.lines[line].outer else { return nil }
        state.lines[line].dirtyOuter = 0
        return writeMemory(line, copy, &state)
    }

    private func writeMemory(
        _ line: Int, _ copy: [ProofState.Version], _ state: inout ProofState
    ) -> ProofWrong? {
        // What waits in the outer cache's buffer for the same line goes first.
        let wrong = landAll(in: line, &state)
        var lost: UInt64 = 0
        var expected = 0
        for index in copy.indices
        where state.lines[line].isYounger(state.lines[line].memory[index], than: copy[index], index)
            && !isReplaced(line, index, state)
            && !isDiscarded(Int(state.lines[line].memory[index]) - 1, line, index, state)
        {
            lost |= 1 << UInt64(index)
            expected = Int(state.lines[line].memory[index])
        }
        state.lines[line].memory = copy
        guard wrong == nil, lost != 0 else { return wrong }
        return ProofWrong(
            kind: .overwritten, node: -1, line: line, classes: lost, expected: expected)
    }

    /// What waits in the outer cache's buffer for a line reaches memory, and all that entered before it.
    func landAll(in line: Int, _ state: inout ProofState) -> ProofWrong? {
        var wrong: ProofWrong?
        guard
            let last = state.outerBuffer.lastIndex(where: { nodes[Int($0)].classes[line] != 0 })
        else { return nil }
        for store in state.outerBuffer[...last] { wrong = wrong ?? land(Int(store), &state) }
        state.outerBuffer.removeFirst(last + 1)
        return wrong
    }

    /// Whether a byte will be replaced anyway: a younger store is in the cores' caches, or one is on its way that went
    /// before what has arrived.
    private func isReplaced(_ line: Int, _ index: Int, _ state: ProofState) -> Bool {
        if let inner = state.lines[line].inner,
            state.lines[line].dirtyInner >> UInt64(index) & 1 == 1,
            state.lines[line].isYounger(inner[index], than: state.lines[line].memory[index], index)
        {
            return true
        }
        guard
            let last = state.ahead.last(where: { nodes[Int($0)].isStore })
        else { return false }
        return nodes[state.base..<Int(last)].indices.contains {
            nodes[$0].isStore && !state.isDone($0)
                && nodes[$0].classes[line] >> UInt64(index) & 1 == 1
        }
    }

    /// Whether nobody can miss what a node wrote: the program has stored over it since, and then asked an invalidate to
    /// drop that.
    private func isDiscarded(_ node: Int, _ line: Int, _ index: Int, _ state: ProofState) -> Bool {
        let bit: UInt64 = 1 << UInt64(index)
        guard
            let drop = nodes.indices.last(where: {
                nodes[$0].drops && nodes[$0].named[line] & bit != 0 && state.isDone($0)
            }), node < drop
        else { return false }
        return nodes[(node + 1)..<drop].contains { $0.isStore && $0.classes[line] & bit != 0 }
    }

    /// A store past the caches reaches memory.
    func land(_ store: Int, _ state: inout ProofState) -> ProofWrong? {
        var wrong: ProofWrong?
        let version = ProofState.Version(store + 1)
        for line in lines.indices {
            forEach(nodes[store].classes[line]) { index in
                let old = state.lines[line].memory[index]
                if state.lines[line].isYounger(old, than: version, index) {
                    wrong =
                        wrong
                        ?? ProofWrong(
                            kind: .overwritten, node: -1, line: line, classes: 1 << UInt64(index),
                            expected: Int(old))
                }
                state.lines[line].memory[index] = version
                // Written through, it goes by way of the outer cache.
                if nodes[store].kind == .store(.writeThrough), let held = state.lines[line].outer,
                    !state.lines[line].isYounger(held[index], than: version, index)
                {
                    state.lines[line].outer?[index] = version
                }
            }
        }
        return wrong
    }

    func forEach(_ classes: UInt64, _ body: (Int) -> Void) {
        var left = classes
        while left != 0 {
            body(left.trailingZeroBitCount)
            left &= left - 1
        }
    }
}
