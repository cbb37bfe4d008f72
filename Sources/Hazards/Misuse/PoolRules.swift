import Operations
import Quantities

/// What the kernel prints of a pool that is destroyed with blocks in use (mm/dmapool.c, `dma_pool_destroy`).
public enum BusyPoolMessage: Hashable, Sendable {
    /// One message for the pool.
    case once
    /// One message for each page that has such a block, with the page's address of so many hexadecimal digits.
    ///
    /// From 4.15 on the address is a hash that differs from boot to boot; here it is the address.
    case forEachPage(digits: Int)

    /// The messages.
    ///
    /// - Parameters:
    ///   - device: The device's name, which stands for its driver's, too.
    ///   - pool: The pool's name.
    ///   - pages: The first addresses of the pages that have blocks in use.
    /// - Returns: one or more.
    func texts(device: String, pool: String, pages: [UInt64]) -> [String] {
        let head = "\(device) \(device): dma_pool_destroy \(pool)"
        switch self {
        case .once: return ["\(head) busy"]
        case .forEachPage(let digits):
            return pages.map { page in
                let text = String(page, radix: 16)
                let zeros = String(repeating: "0", count: max(0, digits - text.count))
                return "\(head), \(zeros)\(text) busy"
            }
        }
    }
}

extension APIRules {
    /// Finds blocks that are in use when their pool is destroyed (H20).
    mutating func checkPool(_ call: DMACall, _ agent: Agent, _ record: Int) {
        let left = live.filter { $0.pool == call.pool }
        guard let first = left.first, let piece = first.pieces.first else { return }
        // A block of a page or more has pages of its own; smaller ones share one.
        let pages = Set(
            left.compactMap { block in
                block.pieces.first.map { $0.start / Self.pageSize * Self.pageSize }
            }
        ).sorted()
        let messages = profile.busyPools.texts(
            device: profile.name(of: first.device),
            pool: profile.poolNames[call.pool] ?? "pool", pages: pages)
        let more = messages.count > 1 ? ", and \(messages.count - 1) more like it" : ""
        add(
            .h20, by: agent, record: record, other: first.record, piece.start, piece.size,
            (left.count == 1 ? "a block of the pool is" : "\(left.count) blocks of the pool are")
                + " in use, and the pool's memory is never given back; the kernel says: "
                + messages[0] + more,
            left.map {
                ChainLink(record: $0.record, text: "\($0.function.rawValue): a block, never freed")
            } + [ChainLink(record: record, text: "the pool is destroyed")])
    }

    /// Memory that goes to a pool which it is not from (H20): the pool gives it out again as its own, or, before Linux 6.4,
    /// says "bad dma" and leaves it.
    mutating func checkGivenBack(
        _ block: Live, to pool: HandleID, _ agent: Agent, _ record: Int
    ) {
        guard let piece = block.pieces.first else { return }
        let name = profile.poolNames[pool] ?? "the pool"
        let own = block.pool == .none ? nil : profile.poolNames[block.pool] ?? "another pool"
        add(
            .h20, by: agent, record: record, other: block.record, piece.start, piece.size,
            "the memory is \(own.map { "a block of \($0)" } ?? "no block of a pool"), and dma_pool_free() gives it to "
                + name,
            [
                ChainLink(record: block.record, text: "\(block.function.rawValue)()"),
                ChainLink(record: record, text: "it goes to \(name)"),
            ])
    }

    private static let pageSize: UInt64 = 4_096
}
