import Operations
import Quantities

extension LineParser {
    /// Reads an operation of a core.
    mutating func parseCoreStatement(
        _ keyword: Keyword, _ token: Token, agent: Agent
    ) throws(NativeFault) {
        switch keyword {
        case .loadStore(let kind): try parseLoadStore(kind, agent: agent)
        case .orderedAccess(let kind): try parseAccess(kind, agent: agent)
        case .fetch: try parseAccess(.fetch, agent: agent)
        case .prefetch: try parsePrefetch(agent: agent)
        case .copy: try parseCopy(agent: agent)
        case .work: try append(.work(cycles: number(Self.cycles)), by: agent)
        case .barrier(let instruction): try parseBarrier(instruction, agent: agent)
        case .kernelBarrier(let barrier): try append(.kernelBarrier(barrier), by: agent)
        case .dataCache: try parseDataCache(agent: agent)
        case .instructionCache: try parseInstructionCache(agent: agent)
        case .outerCache: try parseOuterCache(agent: agent)
        case .accessor(let function): try parseAccessor(function, agent: agent)
        case .ring: try append(.ring(device().1), by: agent)
        case .wait: try append(.wait(device().1), by: agent)
        case .dma(let function): try parseCall(function, token, agent: agent)
        case .vendor(let function): try parseVendorCall(function, agent: agent)
        case .environment: try parseEnvironment()
        case .deviceRead, .deviceWrite, .interrupt:
            throw fault(
                token, expected: "an operation of a core",
                hint: "'rd', 'wr' and 'irq' belong to a device, as in 'eth0: rd ADDRESS BYTES'")
        case .machine, .kernel, .set, .region, .alias, .buffer, .device, .layout, .swiotlb,
            .repeatBegin, .spanBegin, .end, .mark:
            throw fault(token, expected: "an operation of a core")
        }
    }

    private static let cycles = "a number of cycles"

    /// `ld|st ADDRESS SIZE [dep] [= VALUE]`, or a run.
    private mutating func parseLoadStore(_ kind: AccessKind, agent: Agent) throws(NativeFault) {
        let start = try address()
        let token = lexer.token
        let bytes = try size()
        if take("by") { return try parseRun(kind, start, bytes, token, agent: agent) }
        guard let size = UInt32(exactly: bytes) else {
            throw fault(token, expected: "an access of at most \(UInt32.max) bytes")
        }
        try check(bytes, from: start.address.rawValue, token)
        var options = kind == .load ? "'by', 'dep', '= VALUE', " : "'by', '= VALUE', "
        let isDependent = kind == .load && take("dep")
        if isDependent { options = "'= VALUE', " }
        let value = try optionalValue(bytes: bytes)
        let access = MemoryAccess(
            kind, at: start.address.rawValue, size: size, agent: agent, isDependent: isDependent)
        try append(
            .access(access, symbol: start.symbol, value: value), by: agent,
            options: value == nil ? options : "")
    }

    /// `by SIZE [step N] [work W]` after `ld|st ADDRESS BYTES`: BYTES are what the run spans.
    private mutating func parseRun(
        _ kind: AccessKind, _ start: Operand, _ span: UInt64, _ spanToken: Token, agent: Agent
    ) throws(NativeFault) {
        let size = try accessSize()
        let hasStep = take("step")
        let step = hasStep ? try self.size() : UInt64(size)
        let hasWork = take("work")
        let work = hasWork ? try number(Self.cycles) : 0
        let run: AccessRun
        do throws(NativeRules.Violation) {
            run = try NativeRules.run(kind, start, span: span, size: size, step: step, work: work)
        } catch {
            throw fault(spanToken, expected: error.expected, hint: error.hint)
        }
        let options = hasWork ? "" : hasStep ? "'work', " : "'step', 'work', "
        try append(.run(run), by: agent, options: options)
    }

    /// `fetch|ldx|stx|lda|stl ADDRESS SIZE`.
    private mutating func parseAccess(_ kind: AccessKind, agent: Agent) throws(NativeFault) {
        let start = try address()
        let token = lexer.token
        let size = try accessSize()
        try check(UInt64(size), from: start.address.rawValue, token)
        let access = MemoryAccess(kind, at: start.address.rawValue, size: size, agent: agent)
        try append(.access(access, symbol: start.symbol, value: nil), by: agent)
    }

    /// `pld ADDRESS`: one byte, and so the line that holds it.
    private mutating func parsePrefetch(agent: Agent) throws(NativeFault) {
        let token = lexer.token
        let start = try address()
        try check(1, from: start.address.rawValue, token)
        let access = MemoryAccess(.prefetch, at: start.address.rawValue, size: 1, agent: agent)
        try append(.access(access, symbol: start.symbol, value: nil), by: agent)
    }

    /// `copy DST SRC BYTES by SIZE [work W] [cow]`.
    private mutating func parseCopy(agent: Agent) throws(NativeFault) {
        let destination = try address()
        let source = try address()
        let token = lexer.token
        let bytes = try size(from: destination.address.rawValue)
        try check(bytes, from: source.address.rawValue, token)
        try expect("by", "'by' and the size of an access")
        let size = try accessSize()
        do throws(NativeRules.Violation) {
            try NativeRules.checkCount(of: bytes, by: UInt64(size))
        } catch {
            throw fault(token, expected: error.expected, hint: error.hint)
        }
        let hasWork = take("work")
        let work = hasWork ? try number(Self.cycles) : 0
        var copy = CopyRun(to: destination, from: source, bytes: bytes, by: size, work: work)
        copy.isOnWrite = take("cow")
        if copy.isOnWrite {
            do throws(NativeRules.Violation) {
                try NativeRules.checkPage(of: copy)
            } catch {
                throw fault(token, expected: error.expected, hint: error.hint)
            }
        }
        let options = copy.isOnWrite ? "" : hasWork ? "'cow', " : "'work', 'cow', "
        try append(.copy(copy), by: agent, options: options)
    }

    /// `dmb|dsb [OPTION]`, `isb`.
    private mutating func parseBarrier(
        _ instruction: Barrier.Instruction, agent: Agent
    ) throws(NativeFault) {
        guard instruction != .isb else { return try append(.barrier(Barrier(.isb)), by: agent) }
        let option = takeOptional(Vocabulary.barrierOptions)
        let barrier = Barrier(instruction, option?.0 ?? .fullSystem, option?.1 ?? .all)
        let options = "'sy', 'st', 'ld' (each also after 'ish', 'osh', 'nsh'; these also alone), "
        try append(.barrier(barrier), by: agent, options: option == nil ? options : "")
    }
}
