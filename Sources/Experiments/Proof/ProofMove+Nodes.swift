import Operations

// What a node does to the copies, and what is wrong with it.

extension ProofProblem {
    /// Lets a node take effect.
    func perform(_ number: Int, _ state: inout ProofState, intoCaches: Bool = false) -> ProofWrong?
    {
        let node = nodes[number]
        switch node.kind {
        case .load(let isCached): return load(number, isCached: isCached, &state)
        case .store(let type): return store(number, type, &state)
        case .maintain(let instruction): return maintain(number, instruction, &state)
        case .outer(let instruction): return maintainOuter(number, instruction, &state)
        case .deviceRead: return deviceRead(number, &state)
        case .deviceWrite: return deviceWrite(number, &state, intoCaches)
        case .ring: ring(number, &state)
        case .wait:
            let done = nodes[..<number].last { $0.isDevice && $0.device == node.device }
            learn(node.device, done?.ordinal ?? 0, &state)
            state.told[node.device] = state.known
        case .fence, .outerSync: break
        }
        return nil
    }

    /// A doorbell tells its device what the core knows.
    ///
    /// What the device was asked before that need not know of it, whenever the device comes to it.
    private func ring(_ number: Int, _ state: inout ProofState) {
        let device = nodes[number].device
        for waiting in nodes[..<number].indices where isAwaited(waiting, state) {
            let bell = nodes[waiting].bell
            guard nodes[waiting].device == device, told(at: bell, state) == nil else { continue }
            state.toldBefore.append(ProofState.Told(bell: bell, known: state.told[device]))
        }
        state.told[device] = state.known
    }

    /// Whether a device was asked for a read that has not taken effect.
    private func isAwaited(_ node: Int, _ state: ProofState) -> Bool {
        nodes[node].kind == .deviceRead && nodes[node].bell >= 0 && !state.isDone(node)
    }

    /// What a doorbell before the last one told; nil: it is the last one.
    func told(at bell: Int, _ state: ProofState) -> [UInt16]? {
        state.toldBefore.first { $0.bell == bell }?.known
    }

    /// Forgets what doorbells told that nothing follows any more, so that equal states are equal.
    func forgetTold(_ state: inout ProofState) {
        let awaited = nodes.indices.filter { isAwaited($0, state) }.map { nodes[$0].bell }
        state.toldBefore.removeAll { !awaited.contains($0.bell) }
    }

    func learn(_ device: Int, _ ordinal: UInt16, _ state: inout ProofState) {
        state.known[device] = max(state.known[device], ordinal)
    }

    // MARK: Loads

    private func load(_ number: Int, isCached: Bool, _ state: inout ProofState) -> ProofWrong? {
        let node = nodes[number]
        var found: [[ProofState.Version]] = []
        for line in lines.indices {
            var versions = Array(
                repeating: ProofState.Version.max, count: lines[line].classes)
            if isCached, node.classes[line] != 0, state.lines[line].inner == nil,
                !isForwarded(number, line, state)
            {
                fillInner(line, &state)
            }
            forEach(node.classes[line]) { index in
                versions[index] =
                    pending(number, line, index, state)
                    ?? (isCached
                        ? state.lines[line].visible(index) : state.lines[line].memory[index])
            }
            found.append(versions)
        }
        if node.isEarly,
            nodes[..<number].indices.contains(where: { !state.isDone($0) && !nodes[$0].canWait })
        {
            state.early.append(ProofState.EarlyLoad(node: UInt16(number), found: found))
            return nil
        }
        return judge(number, found, wasEarly: false, &state)
    }

    /// Whether all that a load asks for in a line is on its way there from its own core.
    private func isForwarded(_ number: Int, _ line: Int, _ state: ProofState) -> Bool {
        var left = nodes[number].classes[line]
        forEach(left) { index in
            if pending(number, line, index, state) != nil { left &= ~(1 << UInt64(index)) }
        }
        return left == 0
    }

    /// The youngest store before a load that others cannot see yet.
    private func pending(_ number: Int, _ line: Int, _ index: Int, _ state: ProofState)
        -> ProofState.Version?
    {
        let bit: UInt64 = 1 << UInt64(index)
        for earlier in nodes.indices[state.base..<max(state.base, number)].reversed() {
            guard case .store = nodes[earlier].kind, nodes[earlier].classes[line] & bit != 0,
                !state.isDone(earlier)
            else { continue }
            return ProofState.Version(earlier + 1)
        }
        // What waits in the outer cache's buffer its loads find there.
        guard case .load(isCached: false) = nodes[number].kind else { return nil }
        return state.outerBuffer.last { nodes[Int($0)].classes[line] & bit != 0 }.map { $0 + 1 }
    }

    /// Judges what a core found, by what it knows, and notes what it learns.
    private func judge(
        _ number: Int, _ found: [[ProofState.Version]], wasEarly: Bool, _ state: inout ProofState
    ) -> ProofWrong? {
        var wrong: ProofWrong?
        for line in lines.indices {
            forEach(nodes[number].classes[line]) { index in
                let version = found[line][index]
                if wrong == nil,
                    let expected = youngest(forCore: number, wasEarly, line, index, version, state)
                {
                    wrong = ProofWrong(
                        kind: .staleRead, node: number, line: line, classes: 1 << UInt64(index),
                        expected: expected)
                }
            }
        }
        // What the same load learns is no reason to have known.
        for line in lines.indices {
            forEach(nodes[number].classes[line]) { index in
                let version = found[line][index]
                guard version > 0 else { return }
                let writer = nodes[Int(version) - 1]
                // A write that the trace has later is none that the program could have waited for.
                if writer.isDevice, Int(version) - 1 < number {
                    learn(writer.device, writer.ordinal, &state)
                }
            }
        }
        return wrong
    }

    /// The youngest version that a core must find instead of an older one; nil: the version will do.
    private func youngest(
        forCore number: Int, _ wasEarly: Bool, _ line: Int, _ index: Int,
        _ version: ProofState.Version,
        _ state: ProofState
    ) -> Int? {
        // A store that is still on its way is younger than all that took effect.
        if version > 0, !state.isDone(Int(version) - 1) { return nil }
        let order = state.lines[line].order[index]
        let place = state.lines[line].place(version, index)
        for younger in order[(place + 1)...].reversed() {
            let writer = nodes[Int(younger) - 1]
            if writer.isDevice {
                // Of an early load nobody knows more than what was seen before its turn.
                let write = Int(younger) - 1
                let isDue =
                    !wasEarly
                    || write <= nodes[number].flags[writer.device]
                        && write > nodes[number].polled[writer.device]
                if isDue, writer.ordinal <= state.known[writer.device] { return Int(younger) }
            } else if Int(younger) - 1 < number, !nodes[number].isKernelCopy {
                return Int(younger)
            }
        }
        return nil
    }

    /// Judges the early loads whose turn has come.
    func judgeEarly(_ state: inout ProofState) -> ProofWrong? {
        while let load = state.early.first(where: { isDue(Int($0.node), state) }) {
            state.early.removeAll { $0 == load }
            if let wrong = judge(Int(load.node), load.found, wasEarly: true, &state) {
                return wrong
            }
        }
        return nil
    }

    /// Whether all that a core does not delay has taken effect before a node.
    private func isDue(_ number: Int, _ state: ProofState) -> Bool {
        !nodes.indices[min(state.base, number)..<number].contains {
            !state.isDone($0) && !nodes[$0].canWait && (!nodes[$0].isDevice || nodes[$0].isInTurn)
        }
    }

    // MARK: Stores

    private func store(_ number: Int, _ type: MemoryType, _ state: inout ProofState) -> ProofWrong?
    {
        let node = nodes[number]
        let version = ProofState.Version(number + 1)
        var wrong: ProofWrong?
        for line in lines.indices where node.classes[line] != 0 {
            if type == .writeBack, state.lines[line].inner == nil { fillInner(line, &state) }
            forEach(node.classes[line]) { index in
                if let last = state.lines[line].order[index].last,
                    knew(Int(last) - 1, of: number, state)
                {
                    // It lands on what a device wrote that had been told of it.
                    wrong =
                        wrong
                        ?? ProofWrong(
                            kind: .overwritten, node: number, line: line,
                            classes: 1 << UInt64(index), expected: Int(last))
                }
                state.lines[line].order[index].append(version)
                switch type {
                case .writeBack: state.lines[line].inner?[index] = version
                case .writeThrough:
                    if state.lines[line].inner != nil { state.lines[line].inner?[index] = version }
                    if state.lines[line].outer != nil { state.lines[line].outer?[index] = version }
                default: break
                }
            }
            if type == .writeBack { state.lines[line].dirtyInner |= node.classes[line] }
        }
        guard type != .writeBack else { return wrong }
        // What is not bufferable waits nowhere.
        if hasOuter, type != .device, type != .stronglyOrdered {
            state.outerBuffer.append(UInt16(number))
            return wrong
        }
        // What waits for the same line in a buffer goes first.
        for line in lines.indices where node.classes[line] != 0 {
            wrong = wrong ?? landAll(in: line, &state)
        }
        return wrong ?? land(number, &state)
    }

    /// Whether a device had been told of a store before it wrote.
    func knew(_ write: Int, of store: Int, _ state: ProofState) -> Bool {
        let writer = nodes[write]
        guard writer.isDevice, store < write else { return false }
        if !writer.isInTurn, store < writer.bell { return true }
        // What it has seen after it wrote it did not know.
        return min(Int(state.seen[writer.device]), writer.lastVisible + 1) > store + 1
    }

    // MARK: Maintenance

    private func maintain(
        _ number: Int, _ instruction: Maintenance.Instruction, _ state: inout ProofState
    ) -> ProofWrong? {
        let node = nodes[number]
        var wrong: ProofWrong?
        for line in lines.indices where node.classes[line] != 0 && state.lines[line].inner != nil {
            let dirty = state.lines[line].dirtyInner
            if instruction.cleans {
                if dirty != 0 { wrong = wrong ?? writeBackInner(line, &state) }
            } else {
                wrong = wrong ?? dropped(number, line, dirty, state.lines[line].inner)
                state.lines[line].dirtyInner = 0
            }
            if instruction.invalidates { state.lines[line].inner = nil }
        }
        return wrong
    }

    /// What an invalidate drops of a dirty line beside the bytes that it names; nil: nothing.
    private func dropped(
        _ number: Int, _ line: Int, _ dirty: UInt64, _ copy: [ProofState.Version]?
    ) -> ProofWrong? {
        let lost = dirty & ~nodes[number].named[line]
        guard lost != 0, let copy else { return nil }
        return ProofWrong(
            kind: .dropped, node: number, line: line, classes: lost,
            expected: Int(copy[lost.trailingZeroBitCount]))
    }

    private func maintainOuter(
        _ number: Int, _ instruction: Maintenance.Instruction, _ state: inout ProofState
    ) -> ProofWrong? {
        let node = nodes[number]
        var wrong: ProofWrong?
        for line in lines.indices where node.classes[line] != 0 {
            if instruction.cleans {
                wrong = wrong ?? landAll(in: line, &state)
            }
            guard state.lines[line].outer != nil else { continue }
            let dirty = state.lines[line].dirtyOuter
            if instruction.cleans {
                if dirty != 0 { wrong = wrong ?? writeBackOuter(line, &state) }
            } else {
                wrong = wrong ?? dropped(number, line, dirty, state.lines[line].outer)
                state.lines[line].dirtyOuter = 0
            }
            if instruction.invalidates { state.lines[line].outer = nil }
        }
        return wrong
    }
}
