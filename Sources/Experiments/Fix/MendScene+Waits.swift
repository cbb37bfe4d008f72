import Hazards
import Operations

extension MendScene {
    /// Completions that are waited for before bytes are taken back, where nothing waits for the device.
    func waits(_ finding: Finding) -> [MendEdit] {
        guard finding.code == .h09 else { return [] }
        let use = finding.record - 1
        let open = transfers.filter {
            $0.isWrite && $0.doorbell != nil && $0.wait == nil && $0.place < use
                && $0.bytes.overlaps(finding.range)
        }
        return open.flatMap { transfer -> [MendEdit] in
            let device = profile.name(of: transfer.device)
            // Before the first call or maintenance behind the transfer, else before the use.
            let upkeep = operations(transfer.place + 1..<use).first {
                switch $0.operation {
                case .dma, .maintenance, .vendor: true
                default: false
                }
            }
            return [upkeep?.place, use].compactMap { $0 }.enumerated().map { order, place in
                addition(
                    .order, order, ["wait \(device)"], before: place,
                    operation(place)?.agent ?? .core(0),
                    "wait until \(device) is done before \(quote(place)): by its interrupt, or by reading its status"
                )
            }
        }
    }
}
