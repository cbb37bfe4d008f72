import Operations
import Quantities

/// Checks calls of the DMA API against its own rules, whatever happens to the bytes and whether or not a kernel looks.
///
/// Which: streaming calls on coherent memory (H14), memory that is not fit for DMA (H30), two mappings that share a line
/// which a device writes to (H19), a page that is copied while a device may write to it (H18), what a driver leaves
/// behind (H20), and addresses that a device does not reach (H33). What the kernel's dma-debug reports of the same calls is added by `Misuse`.
public struct APIRules {
    /// A mapping or an allocation that is live.
    struct Live {
        var handle: HandleID
        var device: Agent
        var function: DMACall.Function
        var record: Int
        var pieces: [(start: UInt64, size: UInt64)]
        var direction: DMADirection
        var attributes: DMAAttributes
        /// The pool that it is a block of.
        var pool = HandleID.none
        var isCoherent: Bool { coherentAllocations.contains(function) }
        var isStreaming: Bool { streamingMaps.contains(function) }
    }

    static let coherentAllocations: Set<DMACall.Function> = [
        .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs, .poolAlloc, .poolZalloc,
    ]
    static let streamingMaps: Set<DMACall.Function> = [
        .mapSingle, .mapPage, .mapPhys, .mapSG, .mapSGTable,
    ]

    let profile: HazardProfile
    var live: [Live] = []
    private var areas: [(range: Range<UInt64>, area: MemoryArea)] = []
    private var findings: [Finding] = []
    private var seen: Set<Place> = []
    private var poolDevices: [HandleID: Agent] = [:]
    private var refused: Set<Int> = []

    private struct Place: Hashable {
        var code: HazardCode
        var record: Int
        var other: Int
    }

    /// Makes the rules for a machine.
    public init(profile: HazardProfile) { self.profile = profile }

    /// Checks a program's calls in their order; of loops two rounds are gone, as later ones meet what the second met.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - unreachable: What the run could not map or reach, each statement once.
    /// - Returns: the broken rules, in the order of their statements, but those that the run found first.
    public mutating func run(_ program: Program, unreachable: [FailedMap] = []) -> [Finding] {
        findings += unreachable.map(finding)
        refused = Set(unreachable.filter(\.isMap).map { Int($0.record) })
        for case .buffer(_, let address, let size, let area?) in program.declarations {
            areas.append((address..<address + size, area))
        }
        let steps = UnrolledOperations(program, rounds: 2) {
            switch $0 {
            case .dma: true
            case .copy(let copy): copy.isOnWrite
            default: false
            }
        }
        for step in steps {
            switch step.operation {
            case .dma(let call): check(call, by: step.agent, record: step.record)
            case .copy(let copy): check(copy, by: step.agent, record: step.record)
            default: continue
            }
        }
        return findings
    }

    private mutating func check(_ call: DMACall, by agent: Agent, record: Int) {
        switch call.function {
        case .driverUnbind: checkLeaks(call, agent, record)
        case .poolCreate: poolDevices[call.pool] = call.device
        case .poolDestroy: checkPool(call, agent, record)
        default:
            guard call.function.makesHandle else {
                if Self.releases.contains(call.function) { release(call, agent, record) }
                return
            }
            let owner = call.device ?? poolDevices[call.pool] ?? .device(0)
            let new = Live(
                handle: call.handle, device: owner, function: call.function,
                record: record,
                pieces: call.segments.map { ($0.start.address.rawValue, max($0.size, 1)) },
                direction: call.direction ?? .bidirectional, attributes: call.attributes,
                pool: call.pool)
            if new.isStreaming {
                checkCoherent(new, agent)
                checkArea(new, agent)
                if !call.fails { checkLines(new, agent) }
            }
            // A handle that is assigned anew leaves its mapping behind.
            if !call.fails, !refused.contains(record) { live.append(new) }
        }
    }

    /// Takes out what a release means: the last that was made under its name, if it is at the address given.
    private mutating func release(_ call: DMACall, _ agent: Agent, _ record: Int) {
        let place = live.lastIndex { old in
            old.handle == call.handle
                && call.dmaAddress.map { $0.address.rawValue == old.pieces.first?.start } ?? true
        }
        guard let place else { return }
        let old = live.remove(at: place)
        if call.function == .poolFree, old.pool != call.pool {
            checkGivenBack(old, to: call.pool, agent, record)
        }
    }

    static let releases: Set<DMACall.Function> = [
        .unmapSingle, .unmapPage, .unmapPhys, .unmapResource, .unmapSG, .unmapSGTable,
        .freeCoherent, .freeWriteCombine, .freeAttrs, .freeNoncoherent, .freePages,
        .freeNoncontiguous, .poolFree, .iovaFree, .iovaDestroy,
    ]

    /// Adds a finding, unless it is there already.
    mutating func add(
        _ code: HazardCode, by agent: Agent, record: Int, other: Int, _ start: UInt64,
        _ bytes: UInt64, _ detail: String, _ chain: [ChainLink]
    ) {
        guard seen.insert(Place(code: code, record: record, other: other)).inserted else { return }
        findings.append(
            Finding(
                code, .misuse, record: record, agent: agent, address: start, bytes: bytes,
                writer: agent, writeRecord: other, detail: detail, chain: chain))
    }

    // MARK: The rules

    /// A map that the kernel refuses, or a transfer to where the device cannot send an address (H33).
    private func finding(_ failure: FailedMap) -> Finding {
        let device = profile.name(of: failure.device)
        let text: String
        if failure.isAllocation {
            text = failure.message
        } else if let memory = failure.memory {
            text = "\(device) cannot reach the bytes: they are in \(memory)"
        } else if failure.message.isEmpty {
            text = "\(device) cannot send the address 0x\(String(failure.address, radix: 16))"
        } else {
            text = "the map fails and returns DMA_MAPPING_ERROR; \(failure.message)"
        }
        var finding = Finding(
            .h33, .misuse, record: Int(failure.record), agent: failure.agent,
            address: failure.address, bytes: failure.bytes, writer: failure.device,
            writeRecord: Int(failure.record), detail: text,
            chain: [ChainLink(record: Int(failure.record), text: text)])
        if failure.memory != nil {
            finding.cause = "No way leads from \(device)'s port to this memory on the chip."
            finding.mend =
                "put the bytes into memory that \(device) reaches, or let a device on that port move them"
        }
        return finding
    }

    private mutating func checkCoherent(_ new: Live, _ agent: Agent) {
        for piece in new.pieces {
            let hit = live.first { old in
                old.isCoherent && old.pieces.contains { Self.overlap($0, piece) }
            }
            guard let hit else { continue }
            add(
                .h14, by: agent, record: new.record, other: hit.record, piece.start, piece.size,
                "the memory was allocated coherent in record \(hit.record)",
                [
                    ChainLink(
                        record: hit.record, text: "\(hit.function.rawValue): the memory is uncached"
                    ),
                    ChainLink(
                        record: new.record,
                        text: "a streaming map of the same bytes: wrong alias, wrong handle"),
                ])
        }
    }

    private mutating func checkArea(_ new: Live, _ agent: Agent) {
        for piece in new.pieces {
            let hit = areas.last {
                piece.start < $0.range.upperBound
                    && $0.range.lowerBound < piece.start &+ piece.size
            }
            // Pages of vmalloc memory may be mapped one by one; its addresses may not.
            guard let hit, hit.area != .vmalloc || new.function == .mapSingle else { continue }
            add(
                .h30, by: agent, record: new.record, other: new.record, piece.start, piece.size,
                "the buffer is \(hit.area.words)",
                [
                    ChainLink(
                        record: new.record,
                        text: "\(new.function.rawValue) of memory that is \(hit.area.words)")
                ])
        }
    }

    /// Finds a live mapping in any line of a new one, where a device writes to one of the two.
    private mutating func checkLines(_ new: Live, _ agent: Agent) {
        let step = profile.lineSize
        for old in live
        where old.isStreaming && needsMaintenance(old, new)
            && (old.direction.deviceWrites || new.direction.deviceWrites)
        {
            for piece in new.pieces {
                let first = piece.start / step
                let last = lastByte(piece.start, piece.size) / step
                let shared = old.pieces.compactMap { other -> UInt64? in
                    let low = max(first, other.start / step)
                    return low <= min(last, lastByte(other.start, other.size) / step) ? low : nil
                }.min()
                guard let shared else { continue }
                let line = shared &* step
                add(
                    .h19, by: agent, record: new.record, other: old.record, line, step,
                    "the \(step)-byte line at 0x\(String(line, radix: 16)) is also in the mapping of record "
                        + "\(old.record), \(old.direction.name); this one is \(new.direction.name)",
                    [
                        ChainLink(
                            record: old.record,
                            text:
                                "\(old.function.rawValue), \(old.direction.name): the line is mapped"
                        ),
                        ChainLink(
                            record: new.record,
                            text:
                                "\(new.function.rawValue), \(new.direction.name): it is mapped once more"
                        ),
                    ])
                break
            }
        }
    }

    /// Whether caches are maintained for one of two mappings, and neither says that it needs none.
    private func needsMaintenance(_ one: Live, _ other: Live) -> Bool {
        let skips = one.attributes.union(other.attributes).contains(.skipCPUSync)
        return !skips && !(isCoherent(one.device) && isCoherent(other.device))
    }

    private func isCoherent(_ agent: Agent) -> Bool {
        agent.index < profile.devices.count && profile.devices[agent.index].isDeclaredCoherent
    }

    private mutating func check(_ copy: CopyRun, by agent: Agent, record: Int) {
        let page = (start: copy.source.address.rawValue, size: copy.bytes)
        for old in live where old.isStreaming && old.direction.deviceWrites {
            guard let hit = old.pieces.first(where: { Self.overlap($0, page) }) else { continue }
            add(
                .h18, by: agent, record: record, other: old.record, hit.start, hit.size,
                "the page is copied while the mapping of record \(old.record), "
                    + "\(old.direction.name), has bytes of it",
                [
                    ChainLink(
                        record: old.record,
                        text: "\(old.function.rawValue): the bytes belong to the device"),
                    ChainLink(
                        record: record, text: "the kernel copies the page, whatever it holds now"),
                ])
        }
    }

    private mutating func checkLeaks(_ call: DMACall, _ agent: Agent, _ record: Int) {
        let left = live.filter { $0.device == call.device }
        guard let first = left.first, let piece = first.pieces.first else { return }
        let links = left.map {
            ChainLink(
                record: $0.record,
                text:
                    "\($0.function.rawValue): \($0.pieces.reduce(0) { $0 &+ $1.size }) bytes, never "
                    + "released")
        }
        add(
            .h20, by: agent, record: record, other: first.record, piece.start, piece.size,
            "\(left.count) of the device's mappings and allocations are left",
            links + [ChainLink(record: record, text: "the driver is gone")])
        live.removeAll { $0.device == call.device }
    }

    private static func overlap(
        _ one: (start: UInt64, size: UInt64), _ other: (start: UInt64, size: UInt64)
    ) -> Bool {
        one.start <= lastByte(other.start, other.size)
            && other.start <= lastByte(one.start, one.size)
    }
}

extension MemoryArea {
    /// Where it is, in words.
    var words: String {
        switch self {
        case .stack: "on the stack"
        case .virtualStack: "on a stack in the vmalloc area"
        case .text: "the kernel's code"
        case .readOnlyData: "the kernel's constants"
        case .vmalloc: "from vmalloc"
        case .invalid: "not in the linear map"
        }
    }
}
