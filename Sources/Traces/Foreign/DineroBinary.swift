import Operations

/// Dinero IV's binary records: address (4 bytes), size (2), kind (1), padding (1), little-endian.
enum DineroBinary {
    static let recordSize = 8

    /// Makes an access of a record, or says what is wrong; columns are bytes of the record, from 1.
    static func access(_ record: UnsafePointer<UInt8>) throws(LineFault) -> MemoryAccess {
        let raw = UnsafeRawPointer(record)
        let address = raw.loadUnaligned(as: UInt32.self).littleEndian
        let size = raw.loadUnaligned(fromByteOffset: 4, as: UInt16.self).littleEndian
        guard let kind = DinGrammar.kind(UInt64(record[6])) else {
            throw LineFault(
                column: 7, found: "access type \(record[6])",
                expected: "an access type from 0 to 5")
        }
        return try checkedAccess(
            kind, at: UInt64(address), size: UInt64(size), sizeColumn: 5)
    }
}
