import Operations
import Quantities

/// Checks calls of the DMA API against its own rules, whatever happens to the bytes.
///
/// Here: streaming calls on coherent memory (H14), and addresses that a device does not reach (H33).
public struct APIRules {
    let profile: HazardProfile
    private var coherent: [HandleID: (start: UInt64, end: UInt64, record: UInt32)] = [:]
    private var findings: [Finding] = []

    /// Makes the rules for a machine.
    public init(profile: HazardProfile) { self.profile = profile }

    /// Checks a program's calls in their order; loops are walked once, as their calls are the same each time.
    ///
    /// - Parameters:
    ///   - program: The program.
    ///   - unreachable: What the run could not map or reach, each statement once.
    public mutating func run(_ program: Program, unreachable: [FailedMap] = []) -> [Finding] {
        findings += unreachable.map(finding)
        for (index, statement) in program.statements.enumerated() {
            guard case .operation(let agent, .dma(let call)) = statement.body else { continue }
            check(call, by: agent, record: UInt32(index + 1))
        }
        return findings
    }

    /// A map that the kernel refuses, or a transfer to where the device cannot send an address (H33).
    private func finding(_ failure: FailedMap) -> Finding {
        let device = profile.name(of: failure.device)
        let text =
            failure.message.isEmpty
            ? "\(device) cannot send the address 0x\(String(failure.address, radix: 16))"
            : "the map fails and returns DMA_MAPPING_ERROR; \(failure.message)"
        return Finding(
            .h33, .misuse, record: Int(failure.record), agent: failure.agent,
            address: failure.address, bytes: failure.bytes, writer: failure.device,
            writeRecord: Int(failure.record), detail: text,
            chain: [ChainLink(record: Int(failure.record), text: text)])
    }

    private mutating func check(_ call: DMACall, by agent: Agent, record: UInt32) {
        switch call.function {
        case .allocCoherent, .zallocCoherent, .allocWriteCombine, .allocAttrs, .poolAlloc,
            .poolZalloc:
            guard let segment = call.segments.first else { return }
            let start = segment.start.address.rawValue
            coherent[call.handle] = (start, start &+ max(segment.size, 1), record)
        case .freeCoherent, .freeWriteCombine, .freeAttrs, .poolFree: coherent[call.handle] = nil
        case .mapSingle, .mapPage, .mapPhys, .mapSG, .mapSGTable:
            for segment in call.segments { checkStreaming(segment, agent, record) }
        default: break
        }
    }

    private mutating func checkStreaming(
        _ segment: DMACall.Segment, _ agent: Agent, _ record: UInt32
    ) {
        let start = segment.start.address.rawValue
        let hit = coherent.values.filter { start < $0.end && $0.start < start &+ segment.size }
            .min { $0.record < $1.record }
        guard let hit else { return }
        findings.append(
            Finding(
                .h14, .misuse, record: Int(record), agent: agent, address: start,
                bytes: segment.size,
                writer: agent, writeRecord: Int(hit.record),
                detail: "the memory was allocated coherent in record \(hit.record)",
                chain: [
                    ChainLink(
                        record: Int(hit.record), text: "dma_alloc_coherent: the memory is uncached"),
                    ChainLink(
                        record: Int(record),
                        text: "a streaming map of the same bytes: wrong alias, wrong handle"),
                ]))
    }
}
