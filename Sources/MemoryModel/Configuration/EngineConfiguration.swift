/// A DMA controller behind a port: what the devices on that port, which are its channels, share.
///
/// Nil at a port means that its devices share the port's channels alone.
public struct EngineConfiguration: Sendable, Hashable {
    /// How many channels it has: the most devices on the port.
    public var channels: Int
    /// Bytes that copies of all channels together have read and not yet written.
    public var fifoBytes: Int
    /// Read bursts of all channels that may be under way.
    public var readIssuing: Int
    /// Write bursts of all channels that may be under way.
    public var writeIssuing: Int

    /// Makes a controller.
    public init(channels: Int, fifoBytes: Int, readIssuing: Int, writeIssuing: Int) {
        self.channels = channels
        self.fifoBytes = fifoBytes
        self.readIssuing = readIssuing
        self.writeIssuing = writeIssuing
    }
}
