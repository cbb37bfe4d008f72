/// How much of a trace the detector remembers beside the bytes that it watches.
public enum HazardLimits {
    /// The most of each that is kept: accesses of an agent that nothing has ordered, writes of a device in flight, mappings
    /// that have ended.
    ///
    /// An assumption: a driver comes to a barrier or a completion sooner. What is forgotten gives no finding, or is not named
    /// in one.
    public static let remembered = 256
    /// The most mappings and allocations that the rules of ownership follow at a time; of more the oldest that ended is forgotten.
    ///
    /// An assumption, as ``remembered``: what a driver does wrong with a mapping it does before a thousand others.
    public static let followed = 1_024
}
