export default `
group "events.k8s.io" version v1

resource events event Event namespaced short=ev: *

object Event
   1 metadata                 meta.v1.ObjectMeta      ={}
   2 eventTime                MicroTime!              =null
   3 series                   EventSeries
   4 reportingController      string
   5 reportingInstance        string
   6 action                   string
   7 reason                   string
   8 regarding                core.v1.ObjectReference ={}
   9 related                  core.v1.ObjectReference
  10 note                     string
  11 type                     string
  12 deprecatedSource         core.v1.EventSource     ={}
  13 deprecatedFirstTimestamp Time                    =null
  14 deprecatedLastTimestamp  Time                    =null
  15 deprecatedCount          int32

object EventList
   1 metadata meta.v1.ListMeta ={}
   2 items    []Event!         =[]

type EventSeries
   1 count            int32!     =0
   2 lastObservedTime MicroTime! =null
`
