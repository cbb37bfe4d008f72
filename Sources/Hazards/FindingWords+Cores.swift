import Quantities

// Bytes that one core has written and another one does not see, though both look at the same memory.

extension FindingWords {
    /// Whether a core misses what another one wrote.
    var isBetweenCores: Bool { reader.isCore && writer.isCore && reader != writer }

    private var apart: String {
        "\(profile.name(of: writer)) and \(profile.name(of: reader)) do not look into each other's caches: one of "
            + "them takes no part in coherence"
    }

    /// Why; nil: the code has words of its own for it.
    var causeBetweenCores: String? {
        switch code {
        case .h01: "\(apart), and \(profile.name(of: reader))'s still held the line from before."
        case .h03:
            "\(apart), and nothing cleaned the bytes stored in record \(writeRecord) before the load."
        default: nil
        }
    }

    /// What mends it; nil: the code has words of its own for it.
    var mendBetweenCores: String? {
        let together = "let both cores take part in coherence before they share \(name), or "
        let (by, who) = (profile.name(of: reader), profile.name(of: writer))
        return switch code {
        case .h01: together + "dc ivac \(name) \(size); dsb sy on \(by) before record \(record)"
        case .h03:
            together + "dc civac \(name) \(size); dsb sy on \(who) after record \(writeRecord)"
        default: nil
        }
    }
}
