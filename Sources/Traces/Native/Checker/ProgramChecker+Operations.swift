import Operations
import Quantities

extension ProgramChecker {
    /// Checks an operation and who performs it.
    mutating func check(_ operation: Operation, by agent: Agent) throws(ProgramError) {
        try checkAgent(agent)
        if case .device(let operation) = operation {
            try require(!agent.isCore, "a device's operation of a core", "a device")
            return try check(operation)
        }
        try require(agent.isCore, "a core's operation of a device", "a core")
        switch operation {
        case .access(let access, let symbol, let value):
            try check(access, symbol, value, by: agent)
        case .run(let run): try check(run)
        case .copy(let copy): try check(copy)
        case .barrier(let barrier):
            try require(
                barrier.instruction != .isb || barrier == Barrier(.isb), "an isb with options",
                "none")
        case .maintenance(let maintenance): try check(maintenance)
        case .accessor(let accessor): try check(accessor)
        case .ring(let device), .wait(let device): try checkDevice(device)
        case .dma(let call): try check(call)
        case .vendor(let call): try check(call)
        case .environment(let event): try check(event, by: agent)
        case .work, .kernelBarrier, .device: return
        case .setMemoryType:
            throw ProgramError(
                found: "a change of memory type", expected: "what a trace can say")
        case .map:
            throw ProgramError(found: "a bare mapping", expected: "what a trace can say")
        }
    }

    /// Checks that a device is declared.
    func checkDevice(_ agent: Agent) throws(ProgramError) {
        try require(
            !agent.isCore && agent.index < devices.count, "agent \(agent.rawValue)",
            "a declared device")
    }

    /// Checks an address, its name and that `bytes` bytes from it on exist.
    func check(_ operand: Operand, bytes: UInt64) throws(ProgramError) {
        try checkRange(operand.address.rawValue, bytes)
        guard operand.symbol != .none else { return }
        let meaning = try meaning(of: operand.symbol)
        switch meaning.kind {
        case .buffer, .region, .alias, .device: break
        case .handle, .pool, .span, .layout:
            throw ProgramError(
                found: "'\(meaning.name)', a \(meaning.kind), as an address",
                expected: "a buffer, region, alias or device")
        }
        try require(
            operand.address.rawValue >= meaning.address,
            "an address below '\(meaning.name)'", "one at or above its start")
    }

    private func checkAgent(_ agent: Agent) throws(ProgramError) {
        if agent.isCore {
            try require(
                agent.index < Agent.maximumCores, "core \(agent.index)",
                "core 0 to \(Agent.maximumCores - 1)")
        } else {
            try checkDevice(agent)
        }
    }

    private func check(
        _ access: MemoryAccess, _ symbol: SymbolID, _ value: UInt64?, by agent: Agent
    ) throws(ProgramError) {
        try check(Operand(access.address, symbol: symbol), bytes: UInt64(access.size))
        try require(access.agent == agent, "an access of another agent", "the statement's")
        try require(
            !access.isDependent || access.kind == .load, "a dependent \(access.kind)",
            "a dependent load")
        switch access.kind {
        case .load, .store:
            guard let value else { return }
            try require(
                NativeLimits.fits(value: value, bytes: UInt64(access.size)), "value \(value)",
                "one that fits into \(access.size) byte(s)")
        case .fetch, .loadExclusive, .storeExclusive, .loadAcquire, .storeRelease:
            try require(value == nil, "the value of a \(access.kind)", "none")
        case .prefetch:
            try require(value == nil && access.size == 1, "a prefetch of bytes", "a bare address")
        case .miscellaneousRead, .copyBack, .invalidate:
            throw ProgramError(found: "a \(access.kind)", expected: "what a trace can say")
        }
    }

    private func check(_ run: AccessRun) throws(ProgramError) {
        try require(
            run.kind == .load || run.kind == .store, "a run of \(run.kind)", "loads or stores")
        try require(run.size > 0 && run.step > 0, "a run by 0", "a size and a step above 0")
        try require(run.bytes > 0, "an empty run", "at least one access")
        try require(
            run.isDense || run.bytes % UInt64(run.size) == 0,
            "a run with a step of \(run.bytes) bytes by \(run.size)", "whole accesses")
        guard let span = run.span else {
            throw ProgramError(
                found: "a run that does not end", expected: "one that ends below 2^64")
        }
        do throws(NativeRules.Violation) {
            _ = try NativeRules.run(
                run.kind, run.start, span: span, size: run.size, step: run.step, work: run.work)
        } catch {
            throw ProgramError(found: "a run", expected: error.expected)
        }
        try check(run.start, bytes: UInt64(run.size(at: 0)))
    }

    private func check(_ copy: CopyRun) throws(ProgramError) {
        try require(copy.size > 0, "a copy by 0", "a size above 0")
        do throws(NativeRules.Violation) {
            try NativeRules.checkCount(of: copy.bytes, by: UInt64(copy.size))
            if copy.isOnWrite { try NativeRules.checkPage(of: copy) }
        } catch {
            throw ProgramError(found: "\(copy.bytes) bytes", expected: error.expected)
        }
        try check(copy.destination, bytes: copy.bytes)
        try check(copy.source, bytes: copy.bytes)
    }
}
