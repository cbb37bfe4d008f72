import DMAMapping
import Hazards
import MemoryModel
import Operations
import Traces

extension Setup {
    /// The kernel's bounce buffers: those of the trace, or what a kernel of this architecture has by itself.
    ///
    /// A 64-bit kernel always has a pool, and a 32-bit one from 5.3 on for memory beyond 4 GiB (from memory). Where it
    /// lies depends on the board; a trace that does not say gets 1 MiB at 0xE0000000, which stands for no board.
    var bouncePool: BounceDeclaration {
        for case .swiotlb(let pool) in program.declarations { return pool }
        guard case .linux(let version) = kernel else { return .none }
        switch machine.architecture {
        case .arm64: return Self.usualPool
        case .arm32v7 where version >= KernelVersion(5, 3): return Self.usualPool
        default: return .none
        }
    }

    private static let usualPool = BounceDeclaration(start: 0xE000_0000, size: 1 << 20)

    /// The part of the pool that a run of the program can use, loops unrolled; nil: nothing bounces.
    ///
    /// - Throws: if the DMA API cannot be lowered for the machine.
    func bouncedBytes() throws(TraceErrors) -> (start: UInt64, size: UInt64)? {
        let pool = bouncePool
        guard pool.size > 0 else { return nil }
        let lowering = try lowering()
        var multiples: [UInt64] = [1]
        var total: UInt64 = 0
        for statement in program.statements {
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

    /// The maps of small buffers that the kernel would bounce if it had a pool.
    ///
    /// - Throws: if the DMA API cannot be lowered for the machine.
    func smallMaps() throws(TraceErrors) -> [SmallMap] {
        guard case .linux = kernel else { return [] }
        let lowering = try lowering()
        var maps: [SmallMap] = []
        for (index, statement) in program.statements.enumerated() {
            guard case .operation(let agent, .dma(let call)) = statement.body,
                let device = call.device
            else { continue }
            maps += lowering.smallSegments(of: call).map {
                SmallMap(
                    record: index + 1, agent: agent, device: device,
                    address: $0.start.address.rawValue, bytes: $0.size)
            }
        }
        return maps
    }
}
