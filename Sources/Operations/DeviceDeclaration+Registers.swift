extension DeviceDeclaration {
    /// The registers of a device whose declaration names none: 4 KiB at `0xF0000000 + index * 0x1000`.
    ///
    /// An assumption, so that a doorbell has an address; no real device's registers are meant.
    public static func defaultRegisters(index: Int) -> ClosedRange<UInt64> {
        let start = 0xF000_0000 + UInt64(index) * 0x1000
        return start...(start + 0xFFF)
    }

    /// The registers: as declared, or by default.
    public var effectiveRegisters: ClosedRange<UInt64> {
        registers ?? Self.defaultRegisters(index: agent.index)
    }
}
