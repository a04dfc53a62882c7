import sys, time, cProfile, pstats
import streams
from tests.benchmarks.texts import events
from streams.settings import load_settings
from streams.references import load_references
from models.pipeline import Pipeline
from models.record import Records
from streams.events_file import partition_of
import orjson
s=load_settings(); r=load_references(s)
N=30000
ev=list(events(N,5000,1))
p=Pipeline(s.decides,r.featuriser,r.version)
runs=[]
bufs=[[] for _ in range(4)]; offs=[0]*4
for e in ev:
    k=e['account_id'].encode(); pt=partition_of(k,4); bufs[pt].append((k,orjson.dumps(e)))
    if len(bufs[pt])==1000:
        b=bufs[pt]; bufs[pt]=[]; o=offs[pt]; offs[pt]+=1000
        runs.append((Records('requests',pt,list(range(o,o+1000)),[-1]*1000,[k for k,_ in b],[v for _,v in b],[None]*1000),o+1000))
h=len(runs)//4
for x in runs[:h]: p.feed(*x)
t=time.process_time(); 
pr=cProfile.Profile() if len(sys.argv)>1 else None
if pr: pr.enable()
n=0
for x in runs[h:]:
    p.feed(*x); n+=len(x[0])
if pr: pr.disable(); pstats.Stats(pr).sort_stats('tottime').print_stats(28)
dt=time.process_time()-t; print('us/event', dt/n*1e6, n)
