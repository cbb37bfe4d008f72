import Hazards
import Operations
import Quantities
import Traces

extension MendScene {
    /// A mapping or an allocation: from the call that makes its handle to the one that ends it.
    struct Mapping {
        var place: Int
        var core: Agent
        var call: DMACall
        var pieces: [Range<UInt64>]
        /// The calls with its handle, but for the one that makes it.
        var uses: [(place: Int, call: DMACall)] = []
        /// The first release; nil: none.
        var end: Int? { uses.first { $0.call.function.isRelease }?.place }
        /// The name of the handle.
        var name: String
        var isStreaming: Bool { call.function.isStreamingMap }

        func overlaps(_ range: Range<UInt64>) -> Bool { pieces.contains { $0.overlaps(range) } }
        func isLive(at other: Int) -> Bool { place < other && (end.map { $0 > other } ?? true) }
    }

    /// What the trace maps and allocates, in order.
    var mappings: [Mapping] {
        var result: [Mapping] = []
        for (place, core, operation) in operations(0..<program.statements.count) {
            guard case .dma(let call) = operation else { continue }
            if call.function.makesHandle {
                guard !call.fails, let name = program.symbols[call.handle]?.name else { continue }
                let pieces = call.segments.compactMap { piece -> Range<UInt64>? in
                    let start = piece.start.address.rawValue
                    let (end, overflow) = start.addingReportingOverflow(piece.size)
                    return overflow || piece.size == 0 ? nil : start..<end
                }
                result.append(
                    Mapping(place: place, core: core, call: call, pieces: pieces, name: name))
            } else if let last = result.lastIndex(where: { $0.call.handle == call.handle }) {
                result[last].uses.append((place, call))
            }
        }
        return result
    }

    /// The direction in which a device moves bytes: what it does, in the whole trace or up to a release.
    func direction(of device: Agent?, on pieces: [Range<UInt64>]) -> DMADirection? {
        let own = transfers.filter { transfer in
            (device == nil || transfer.device == device)
                && pieces.contains { $0.overlaps(transfer.bytes) }
        }
        switch (own.contains { $0.isWrite }, own.contains { !$0.isWrite }) {
        case (true, true): return .bidirectional
        case (true, false): return .fromDevice
        case (false, true): return .toDevice
        case (false, false): return nil
        }
    }

    /// A sync of a mapping or an allocation, of all of it or of a part.
    func sync(_ mapping: Mapping, forDevice: Bool, _ bytes: Range<UInt64>?) -> String? {
        let end = forDevice ? "for_device" : "for_cpu"
        let direction =
            mapping.isStreaming
            ? mapping.call.direction : self.direction(of: mapping.call.device, on: mapping.pieces)
        guard let direction, let first = mapping.pieces.first else { return nil }
        switch mapping.call.function {
        case .mapSG: return "dma_sync_sg_\(end) \(mapping.name)"
        case .mapSGTable: return "dma_sync_sgtable_\(end) \(mapping.name)"
        case .mapSingle, .mapPage, .mapPhys, .allocNoncoherent, .allocPages:
            var part = ""
            if let bytes {
                let low = max(bytes.lowerBound, first.lowerBound)
                let top = min(bytes.upperBound, first.upperBound)
                guard low < top else { return nil }
                part = " \(low - first.lowerBound) \(top - low)"
            }
            return "dma_sync_single_\(end) \(mapping.name)\(part) \(direction.name)"
        default: return nil
        }
    }

    /// The release of a mapping.
    func release(_ mapping: Mapping) -> String? {
        let pool = program.symbols[mapping.call.pool].map { $0.name + " " } ?? ""
        return mapping.call.function.release.map { "\($0.rawValue) \(pool)\(mapping.name)" }
    }
}

extension DMACall.Function {
    var isStreamingMap: Bool {
        [.mapSingle, .mapPage, .mapPhys, .mapSG, .mapSGTable].contains(self)
    }

    /// The call that ends what this one makes, with its handle and its pool; nil: there is none with these alone.
    var release: DMACall.Function? {
        switch self {
        case .mapSingle: .unmapSingle
        case .mapPage: .unmapPage
        case .mapPhys: .unmapPhys
        case .mapSG: .unmapSG
        case .mapSGTable: .unmapSGTable
        case .mapResource: .unmapResource
        case .allocCoherent, .zallocCoherent: .freeCoherent
        case .allocWriteCombine: .freeWriteCombine
        case .allocAttrs: .freeAttrs
        case .allocNoncoherent: .freeNoncoherent
        case .allocPages: .freePages
        case .allocNoncontiguous: .freeNoncontiguous
        case .poolAlloc, .poolZalloc: .poolFree
        default: nil
        }
    }

    var isRelease: Bool {
        [
            .unmapSingle, .unmapPage, .unmapPhys, .unmapSG, .unmapSGTable, .unmapResource,
            .freeCoherent, .freeWriteCombine, .freeAttrs, .freeNoncoherent, .freePages,
            .freeNoncontiguous, .poolFree, .iovaFree, .iovaDestroy,
        ].contains(self)
    }

    var isSync: Bool { rawValue.hasPrefix("dma_sync") }
    var isSyncForCPU: Bool { isSync && rawValue.hasSuffix("_for_cpu") }
}
