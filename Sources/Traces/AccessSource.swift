import Operations

/// A trace that is nothing but accesses, delivered in blocks.
public protocol AccessSource: AnyObject {
    /// How many records were read.
    var recordCount: UInt64 { get }
    /// What was read and is no record, by kind.
    var skipped: [(kind: String, count: UInt64)] { get }

    /// Reads the next accesses.
    ///
    /// - Parameter block: Where they go; room for at least 2.
    /// - Returns: how many there are; 0 only at the end.
    /// - Throws: what is wrong with the trace.
    func read(into block: UnsafeMutableBufferPointer<MemoryAccess>) throws(TraceErrors) -> Int
}

extension AccessReader: AccessSource {}
