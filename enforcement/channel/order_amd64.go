package channel

// keepsOrder says whether loads stay in order with loads and stores with stores (Intel SDM
// volume 3A, "Memory Ordering in P6 and More Recent Processor Families"; AMD64 volume 2, section 7.2): what is
// overwritten while it is copied is found only then, because Go has no fence. The order of a release and
// what is stored after it, as of a turn of 0 and the payload, is of the same kind.
const keepsOrder = true
