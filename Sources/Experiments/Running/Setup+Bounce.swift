import DMAMapping
import Hazards
import MemoryModel
import Operations
import Quantities
import Statistics
import Traces

extension Setup {
    /// The kernel's bounce buffers: those of the trace, or what a kernel of this architecture has by itself.
    ///
    /// A 64-bit kernel always has a pool, and a 32-bit one from 5.3 on for memory beyond 4 GiB (from memory). Where it
    /// lies depends on the board; a trace that does not say gets 1 MiB where the narrowest mask reaches it, as kernels
    /// allocate it low: at the end of that reach, as near below it as nothing lies that the trace names, else at
    /// 0xE0000000, which stands for no board.
    var bouncePool: BounceDeclaration {
        for case .swiotlb(let pool) in outline.declarations { return pool }
        guard case .linux(let version) = kernel else { return .none }
        switch machine.architecture {
        case .arm64: return usualPool
        case .arm32v7 where version >= KernelVersion(5, 3): return usualPool
        default: return .none
        }
    }

    private var usualPool: BounceDeclaration {
        let size: UInt64 = 1 << 20
        let nowhere = BounceDeclaration(start: 0xE000_0000, size: size)
        let masks =
            outline.devices.compactMap { $0.maskBits.map(UInt64.init) }
            + outline.statements.compactMap { statement in
                guard case .operation(_, .dma(let call)) = statement.body,
                    call.function.setsStreamingMask, !call.fails
                else { return nil }
                return call.setting
            }
        guard let bits = masks.min(), (Self.leastBouncedMask..<32).contains(bits) else {
            return nowhere
        }
        let names = outline.symbols.entries.map { ($0.address, max($0.size, 1)) }
        for start in stride(from: (1 << bits) - size, through: size, by: -Int(size))
        where !names.contains(where: { $0 < start + size && start - min($0, start) < $1 }) {
            return BounceDeclaration(start: start, size: size)
        }
        return nowhere
    }

    /// The narrowest mask, in bits, for which the usual pool is moved: 4 MiB hold it beside what is mapped, and nothing
    /// at address 0.
    private static var leastBouncedMask: UInt64 { 22 }

    /// The bytes that the detectors watch, those among them that engines come to by descriptors of their own.
    ///
    /// - Parameter map: The mappings that the program declares.
    /// - Returns: the list.
    /// - Throws: if the DMA API cannot be lowered for the machine, or the program has engines and cannot be run.
    func watchList(_ map: MemoryMap) throws(TraceErrors) -> WatchList {
        let lineSize = hazardProfile.lineSize
        var watch = WatchList(
            program, outline: outline, pages: pages, map: map, lineSize: lineSize)
        if let slots = try bouncedBytes() { watch.insert([slots], lineSize: lineSize) }
        if coresMayBeApart { watch.insertShared(program, map, lineSize: lineSize) }
        if !outline.layouts.isEmpty { watch.insert(try chainedBytes(), lineSize: lineSize) }
        return watch
    }

    /// Whether a core may take no part in coherence at some time.
    private var coresMayBeApart: Bool {
        guard machine.core.count > 1 else { return false }
        if !machine.coherence.isEnabled { return true }
        return outline.statements.contains {
            guard case .operation(_, .environment(let event)) = $0.body else { return false }
            return event.kind == .leave
        }
    }

    /// What engines touch that read their descriptors by themselves: only a run tells.
    private func chainedBytes() throws(TraceErrors) -> [(UInt64, UInt64)] {
        var runner = try ProgramRunner(self, probe: CountersProbe(), keepingStepsFor: nil)
        try runner.run()
        return runner.machine.chainLog.steps.flatMap { step in
            [step.operation, step.operation.readSide].compactMap { $0 }.map {
                ($0.start.address.rawValue, $0.bytes)
            }
        }
    }

    /// The part of the pool that a run of the program can use, loops unrolled; nil: nothing bounces.
    ///
    /// - Throws: if the DMA API cannot be lowered for the machine.
    func bouncedBytes() throws(TraceErrors) -> (start: UInt64, size: UInt64)? {
        let pool = bouncePool
        guard pool.size > 0 else { return nil }
        var lowering = try lowering()
        // A loop may come back to a map after its driver has set another mask: the narrowest one bounces most.
        for case .operation(_, .dma(let call)) in outline.statements.lazy.map(\.body)
        where call.function.setsStreamingMask && !call.fails {
            guard let device = call.device, let bits = call.setting,
                let reach = lowering.reach[device]
            else { continue }
            lowering.reach[device]?.maskBits = min(reach.maskBits, Int(clamping: bits))
        }
        var multiples: [UInt64] = [1]
        var total: UInt64 = 0
        for statement in outline.statements {
            switch statement.body {
            case .repeatBegin(let count):
                multiples.append((multiples.last ?? 1).multipliedReportingOverflow(by: count).0)
            case .spanBegin: multiples.append(multiples.last ?? 1)
            case .end: if multiples.count > 1 { multiples.removeLast() }
            case .operation(_, .dma(let call)):
                let bytes = lowering.bouncedBytes(of: call)
                // Slots of a page or more begin on a page, and none crosses a segment: twice as much is enough.
                total &+= (bytes &* 2).multipliedReportingOverflow(by: multiples.last ?? 1).0
            default: break
            }
            if total >= pool.size { return (pool.start, pool.size) }
        }
        return total == 0 ? nil : (pool.start, total)
    }

    /// The small buffers that a driver maintains for a device by itself, though the kernel's `kmalloc` may give out parts of
    /// lines.
    ///
    /// - Throws: if the DMA API cannot be lowered for the machine.
    func smallBuffers() throws(TraceErrors) -> [SmallBuffer] {
        guard case .linux = kernel else { return [] }
        let lowering = try lowering()
        var writes: [(device: Agent, bytes: Range<UInt64>, record: Int)] = []
        var mapped: [Range<UInt64>] = []
        var maintained: [(agent: Agent, bytes: Range<UInt64>, record: Int)] = []
        func range(_ start: Operand, _ size: UInt64) -> Range<UInt64> {
            let first = start.address.rawValue
            let (end, overflow) = first.addingReportingOverflow(max(size, 1))
            return first..<(overflow ? .max : end)
        }
        for (index, statement) in outline.statements.enumerated() {
            guard case .operation(let agent, let operation) = statement.body else { continue }
            switch operation {
            case .device(let device) where device.kind == .write:
                writes.append(
                    (agent, range(device.start, device.extent), outline.number(of: index)))
            case .dma(let call): mapped += call.segments.map { range($0.start, $0.size) }
            case .maintenance(let maintenance)
            where maintenance.instruction.reachesCoherency && maintenance.instruction.invalidates:
                maintained.append(
                    (
                        agent, range(maintenance.start, maintenance.bytes),
                        outline.number(of: index)
                    ))
            default: continue
            }
        }
        guard !maintained.isEmpty, !writes.isEmpty else { return [] }
        let coherent = Set(outline.devices.filter(isCoherent).map(\.agent))
        let profile = hazardProfile
        return maintained.compactMap { one in
            let bytes = profile.buffer(at: one.bytes.lowerBound) ?? one.bytes
            guard lowering.sharesBlocks(UInt64(bytes.count)),
                !mapped.contains(where: { $0.overlaps(bytes) }),
                let write = writes.first(where: {
                    $0.bytes.overlaps(bytes) && !coherent.contains($0.device)
                })
            else { return nil }
            return SmallBuffer(
                record: one.record, agent: one.agent, device: write.device,
                writeRecord: write.record, address: bytes.lowerBound, bytes: UInt64(bytes.count))
        }
    }
}
