import Operations

/// A device's access of bytes that a call has mapped for it, in the words of a finding.
struct MappedTransfer {
    /// The device's name.
    var name: String
    /// The statement that has it move them.
    var record: Int
    /// Whether it writes.
    var isWrite: Bool
    /// The statement that mapped them.
    var mapped: Int
    /// The mapping's direction.
    var direction: DMADirection

    /// What the device does.
    var did: String { isWrite ? "writes" : "reads" }

    /// The mapping, as a link of a chain.
    var map: ChainLink {
        ChainLink(
            record: mapped, text: "the bytes are mapped for \(name), \(direction.name)")
    }

    /// The access, as a link of a chain.
    var act: ChainLink { ChainLink(record: record, text: "\(name) \(did) them") }

    /// Whether the mapping's direction says that the device does no such thing.
    var isAgainstDirection: Bool { isWrite ? !direction.deviceWrites : !direction.deviceReads }

    /// What is wrong with it behind the mapping's end (H17).
    func afterEnd(in ended: Int) -> (detail: String, chain: [ChainLink]) {
        (
            "the mapping of record \(mapped) ended in record \(ended), and \(name) still \(did)",
            [map, ChainLink(record: ended, text: "the mapping ends"), act]
        )
    }

    /// What is wrong with it against the mapping's direction (H15).
    var againstDirection: (detail: String, chain: [ChainLink]) {
        ("\(name) \(did) what is mapped \(direction.name) in record \(mapped)", [map, act])
    }
}
