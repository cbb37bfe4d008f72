/// How much of a trace the detector remembers beside the bytes that it watches.
public enum HazardLimits {
    /// The most of each that is kept: accesses of an agent that nothing has ordered, writes of a device in flight, mappings
    /// that have ended.
    ///
    /// An assumption: a driver comes to a barrier or a completion sooner. What is forgotten gives no finding, or is not named
    /// in one.
    public static let remembered = 256
}
