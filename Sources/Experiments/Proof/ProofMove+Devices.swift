import Operations

// What devices do to the copies, and what is wrong with it.

extension ProofProblem {
    /// A device reads; what it finds is judged by what it has been told.
    func deviceRead(_ number: Int, _ state: inout ProofState) -> ProofWrong? {
        let node = nodes[number]
        var wrong: ProofWrong?
        var seen = state.seen[node.device]
        for line in lines.indices {
            forEach(node.classes[line]) { index in
                let version = found(by: node, line, index, state)
                if version > 0, isNews(Int(version) - 1, to: number) { seen = max(seen, version) }
            }
        }
        if node.isInTurn { learn(node.device, node.ordinal, &state) }
        // All bytes of a burst are read at once.
        state.seen[node.device] = seen
        for line in lines.indices {
            forEach(node.classes[line]) { index in
                guard wrong == nil else { return }
                let version = found(by: node, line, index, state)
                guard let expected = youngest(for: number, line, index, version, state) else {
                    return
                }
                wrong = ProofWrong(
                    kind: .staleRead, node: number, line: line, classes: 1 << UInt64(index),
                    expected: expected)
            }
        }
        return wrong
    }

    /// Whether a device that sees a store can have been told something by it: it went past the caches, or the device
    /// looks into them, and the trace has it before the device looks.
    private func isNews(_ store: Int, to number: Int) -> Bool {
        guard case .store(let type) = nodes[store].kind, store < number else { return false }
        return type != .writeBack || nodes[number].snoops
    }

    private func found(
        by node: ProofNode, _ line: Int, _ index: Int, _ state: ProofState
    ) -> ProofState.Version {
        guard node.snoops else { return state.lines[line].memory[index] }
        let copy = state.lines[line].inner ?? state.lines[line].outer
        return (copy ?? below(line, state))[index]
    }

    /// The youngest version that a device must find instead of an older one; nil: the version will do.
    private func youngest(
        for number: Int, _ line: Int, _ index: Int, _ version: ProofState.Version,
        _ state: ProofState
    ) -> Int? {
        let node = nodes[number]
        let bit: UInt64 = 1 << UInt64(index)
        let order = state.lines[line].order[index]
        let place = state.lines[line].place(version, index)
        let isSettled =
            state.outerBuffer.isEmpty
            && !nodes[..<number].indices.contains {
                nodes[$0].canWait && !state.isDone($0)
            }
        func mustFind(_ store: Int) -> Bool {
            if store + 1 < Int(state.seen[node.device]) { return true }
            return node.isInTurn ? isSettled && store < number : store < node.bell
        }
        // Stores that have not taken effect are younger than what has, but for what a device wrote that knew of them.
        for store in nodes.indices[min(state.base, number)..<number].reversed() {
            guard case .store = nodes[store].kind, nodes[store].classes[line] & bit != 0,
                !state.isDone(store), mustFind(store),
                version == 0 || !knew(Int(version) - 1, of: store, state)
            else { continue }
            return store + 1
        }
        for younger in order[(place + 1)...].reversed() {
            let writer = nodes[Int(younger) - 1]
            if writer.isDevice {
                let known =
                    node.isInTurn
                    ? isSettled ? state.known[writer.device] : 0
                    : (told(at: node.bell, state) ?? state.told[node.device])[writer.device]
                let isKnown = writer.ordinal <= known
                if isKnown { return Int(younger) }
            } else if mustFind(Int(younger) - 1) {
                return Int(younger)
            }
        }
        return nil
    }

    /// A device writes: to memory, or into lines that are in caches if it sees them.
    func deviceWrite(_ number: Int, _ state: inout ProofState, _ intoCaches: Bool)
        -> ProofWrong?
    {
        let node = nodes[number]
        let version = ProofState.Version(number + 1)
        var wrong: ProofWrong?
        // The trace's turn is known to all.
        if node.isInTurn { learn(node.device, node.ordinal, &state) }
        // What goes through the outer cache comes behind what waits in its buffer.
        for line in lines.indices where node.snoops && node.classes[line] != 0 {
            wrong = wrong ?? landAll(in: line, &state)
        }
        for line in lines.indices {
            forEach(node.classes[line]) { index in
                // A race with a store that the device has not been told of is nobody's loss: the store comes later,
                // but for one that is in the line already that the device writes into.
                let copy = intoCaches ? state.lines[line].inner ?? state.lines[line].outer : nil
                let later = state.outerBuffer.first {
                    nodes[Int($0)].classes[line] >> UInt64(index) & 1 == 1
                        && !knew(number, of: Int($0), state)
                        && copy?[index] != $0 + 1
                }
                let place = later.map { state.lines[line].place($0 + 1, index) } ?? -1
                if place >= 0 {
                    state.lines[line].order[index].insert(version, at: place)
                } else {
                    state.lines[line].order[index].append(version)
                }
                let isCached =
                    state.lines[line].inner != nil || state.lines[line].outer != nil
                if !intoCaches || !isCached { state.lines[line].memory[index] = version }
                if node.snoops {
                    if state.lines[line].inner != nil { state.lines[line].inner?[index] = version }
                    if state.lines[line].outer != nil { state.lines[line].outer?[index] = version }
                }
            }
            guard intoCaches, node.classes[line] != 0 else { continue }
            if state.lines[line].inner != nil {
                state.lines[line].dirtyInner |= node.classes[line]
            } else if state.lines[line].outer != nil {
                state.lines[line].dirtyOuter |= node.classes[line]
            }
        }
        return wrong
    }
}
